import {
  AV_SAMPLE_FMT_DBL,
  AV_SAMPLE_FMT_DBLP,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  type AVSampleFormat,
} from 'node-av/constants'
import { avSampleFmtIsPlanar, type Frame } from 'node-av/lib'

const FLOATS: ReadonlySet<number> = new Set([AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP])
const DOUBLES: ReadonlySet<number> = new Set([AV_SAMPLE_FMT_DBL, AV_SAMPLE_FMT_DBLP])
/** Full scale is 1. A resampler's sums of larger values than this leave the numbers of 32 bits. */
const LARGEST = 1e30

/**
 * Makes samples silent that are no numbers, infinite or beyond computing. One of them would spoil all samples that the
 * resampler makes of it, at full scale.
 * @returns how many there were
 */
export function silenceNonNumbers(frame: Frame): number {
  const format = frame.format as AVSampleFormat
  const isDouble = DOUBLES.has(format)
  if (!isDouble && !FLOATS.has(format)) return 0
  const channels = avSampleFmtIsPlanar(format) ? 1 : frame.channelLayout.nbChannels
  let count = 0
  for (const plane of frame.data ?? []) {
    const samples = samplesIn(plane, { isDouble, count: frame.nbSamples * channels })
    for (let index = 0; index < samples.length; index++) {
      if (Math.abs(samples[index] as number) < LARGEST) continue
      samples[index] = 0
      count++
    }
  }
  return count
}

/** A plane is longer than its samples: what lies behind them is anything. */
function samplesIn(
  { buffer, byteOffset }: Buffer,
  { isDouble, count }: { isDouble: boolean; count: number },
): Float32Array | Float64Array {
  return isDouble ? new Float64Array(buffer, byteOffset, count) : new Float32Array(buffer, byteOffset, count)
}
