import type { InstalledModel } from '../../models/installed-models.ts'
import { Inference } from '../../separate/inference.ts'
import type { OpenOptions } from '../../separate/open-separator.ts'
import { messageOf, UserError } from '../../song/errors.ts'
import { FULL_SCALE, SAMPLE_RATE } from '../../song/pcm.ts'
import { areSoundValues } from '../../song/sound-values.ts'

export type Trial = { secondsPerSegment: number; soundSeconds: number; memoryMb: number; note: string | null }

/** The peak of the noise, about -17 dBFS RMS. */
const NOISE_AMPLITUDE = 8_000

/**
 * Loads a model and separates one segment of noise and one of silence. Throws a UserError when the model cannot be loaded, has
 * the wrong shapes, or answers with values that are not sound. Run it in a process of its own: a broken graph can end the
 * process that loads it. The model runs in a thread, so that this thread notices when the trial is no longer wanted.
 */
export async function tryModel(options: OpenOptions): Promise<Trial> {
  const { model } = options
  const separator = await Inference.open(options).catch((cause: unknown) => {
    throw new UserError(messageOf(cause), { code: 'model-broken', cause }) // an error loses its class on its way out of a thread
  })
  const { inputSamples, strideSamples } = separator.grid
  const statistics = { mean: 0, deviation: NOISE_AMPLITUDE / FULL_SCALE / Math.sqrt(6) }
  try {
    await separate(noise(inputSamples), 0) // not measured, because it also allocates
    const startedAt = performance.now()
    await separate(noise(inputSamples), 1)
    const secondsPerSegment = (performance.now() - startedAt) / 1000
    await separate(new Int16Array(2 * inputSamples), 1)
    const memoryMb = process.resourceUsage().maxRSS / 1024
    return { secondsPerSegment, soundSeconds: strideSamples / SAMPLE_RATE, memoryMb, note: separator.note }
  } finally {
    await separator.close()
  }

  async function separate(input: Int16Array, index: number): Promise<void> {
    const partials = await separator.separate({ input, index, statistics }).catch((cause: unknown) => {
      throw broken(model, `it does not run: ${(cause as Error).message}`)
    })
    for (const [position, sums] of partials.entries()) {
      if (areSoundValues(sums)) continue
      throw broken(model, `its stem '${separator.stems[position]}' holds values that are not sound (NaN or infinite)`)
    }
  }
}

/** Stereo noise, the same every time (xorshift, Marsaglia 2003). */
function noise(samples: number): Int16Array {
  let state = 0x9e3779b9
  return Int16Array.from({ length: 2 * samples }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state / 2 ** 31) * NOISE_AMPLITUDE
  })
}

function broken({ name }: InstalledModel, how: string): UserError {
  return new UserError(`Model ${name} is not usable: ${how}.`, { code: 'model-broken' })
}
