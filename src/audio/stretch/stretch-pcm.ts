import { BYTES_PER_STEREO_SAMPLE, bytesOf, CHANNELS, clip, FULL_SCALE, samplesOf } from '../../song/pcm.ts'
import { type Practice, samplesInTempo } from '../../song/practice-settings.ts'
import { Resampler } from './resampler.ts'
import type { Stereo, StereoSink } from './stereo-sink.ts'
import { openStretchEngine } from './stretch-engine.ts'
import { FASTEST, TimeStretcher } from './time-stretcher.ts'

const SEMITONES_PER_OCTAVE = 12
const OUTPUT_SAMPLES = 1 << 14

export type PcmStretcher = {
  /** Whole samples of 16-bit stereo. */
  write(pcm: Buffer): void
  finish(): void
}

/**
 * Changes key and tempo of 16-bit stereo. The tempo is changed first, so much that playing the result at the pitch's ratio ends
 * in the wanted tempo. The engine could change the pitch itself, but it is up to 33 cents off for a sine below 150 Hz; a ratio of
 * playing is exact. A change by more than a factor of two is made in several steps, because the engine is only clean up to that.
 * @param samples the length of what will be written
 * @param write gets the result, `samplesInTempo` samples in all
 */
export async function openPcmStretcher({
  semitones,
  tempo,
  samples,
  write,
}: Practice & { samples: number; write(pcm: Buffer): void }): Promise<PcmStretcher> {
  const pitch = 2 ** (semitones / SEMITONES_PER_OCTAVE)
  const output = new PcmOutput(write)
  let chain: StereoSink =
    semitones === 0 ? output : new Resampler({ step: pitch, samples: samplesInTempo(samples, tempo), next: output })
  const wanted = tempo / pitch
  const steps = Math.ceil(Math.abs(Math.log(wanted) / Math.log(FASTEST)) - 1e-9)
  const tempoOfStep = wanted ** (1 / Math.max(1, steps))
  for (let step = steps - 1; step >= 0; step--) {
    const engine = await openStretchEngine()
    const isResult = chain === output
    const length = samplesInTempo(samples, isResult ? tempo : tempoOfStep ** (step + 1))
    chain = new TimeStretcher({ engine, tempo: tempoOfStep, samples: length, next: chain })
  }
  return {
    write: (pcm) => chain.write(stereoOf(pcm)),
    finish: () => chain.finish(),
  }
}

function stereoOf(pcm: Buffer): Stereo {
  const count = pcm.length / BYTES_PER_STEREO_SAMPLE
  const interleaved = samplesOf(pcm)
  const [left, right] = [new Float32Array(count), new Float32Array(count)]
  for (let i = 0; i < count; i++) {
    left[i] = (interleaved[CHANNELS * i] ?? 0) / FULL_SCALE
    right[i] = (interleaved[CHANNELS * i + 1] ?? 0) / FULL_SCALE
  }
  return { left, right }
}

/** Rounds to 16 bits, and hands on larger pieces than it gets. */
class PcmOutput implements StereoSink {
  readonly #write: (pcm: Buffer) => void
  #samples = new Int16Array(CHANNELS * OUTPUT_SAMPLES)
  #count = 0

  constructor(write: (pcm: Buffer) => void) {
    this.#write = write
  }

  write({ left, right }: Stereo): void {
    for (let i = 0; i < left.length; i++) {
      this.#samples[this.#count++] = toSixteenBits(left[i] ?? 0)
      this.#samples[this.#count++] = toSixteenBits(right[i] ?? 0)
      if (this.#count === this.#samples.length) this.finish()
    }
  }

  finish(): void {
    if (this.#count === 0) return
    this.#write(bytesOf(this.#samples.subarray(0, this.#count)))
    this.#samples = new Int16Array(CHANNELS * OUTPUT_SAMPLES)
    this.#count = 0
  }
}

function toSixteenBits(value: number): number {
  return clip(Math.round(value * FULL_SCALE))
}
