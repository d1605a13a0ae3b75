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
/** Full scale is 1. With larger values than this the resampler's sums overflow 32-bit floats. */
const LARGEST = 1e30

/**
 * Replaces samples that are NaN, infinite or too large by silence. The resampler would turn each of them into many samples
 * at full scale.
 * @returns how many were replaced
 */
export function silenceNonFinite(frame: Frame): number {
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

/** The samples of a plane. The plane itself is longer, and the bytes after its samples are undefined. */
function samplesIn(
  { buffer, byteOffset }: Buffer,
  { isDouble, count }: { isDouble: boolean; count: number },
): Float32Array | Float64Array {
  return isDouble ? new Float64Array(buffer, byteOffset, count) : new Float32Array(buffer, byteOffset, count)
}
