import type { WaveformModel } from '../models/description.ts'
import { CHANNELS, FULL_SCALE } from '../song/pcm.ts'
import { computedStems } from '../song/plan.ts'
import { partialSamples, type SongStatistics } from '../song/segment.ts'
import type { Network } from './onnx-network.ts'
import type { Separator } from './separator.ts'

/** Added to the deviation, so that a silent song is not divided by zero. */
const MIN_DEVIATION = 1e-8

/**
 * A separator of networks that take samples and give samples, as Hybrid Transformer Demucs (Rouard et al., ICASSP 2023) does.
 *
 * The song is normalised as a whole, to mean 0 and deviation 1, and the result is scaled back. Neighbouring segments share a
 * quarter, which is cross-faded linearly, so the partial sums of two neighbours add up to the sound. Memory beside the
 * networks' own: the input and each stem of one segment.
 * @param networks one for each of the model's graphs, in their order
 */
export function openWaveform({ model, networks }: { model: WaveformModel; networks: readonly Network[] }): Separator {
  const { samples } = model.waveform
  const { grid } = model
  const stems = computedStems(model)
  const input = new Float32Array(CHANNELS * samples)

  return {
    grid,
    stems,
    async separate({ input: song, index, statistics }) {
      if (song.length !== samples * CHANNELS) {
        throw new Error(`Segment ${index} has ${song.length / CHANNELS} samples, not ${samples}.`)
      }
      if (!statistics) throw new Error(`Model ${model.name} needs the statistics of the whole song.`)
      normalise(song, statistics, input)
      const found = new Map<string, Float32Array>()
      for (const [position, graph] of model.graphs.entries()) {
        const heard = { data: input, shape: [1, CHANNELS, samples] }
        const answer = await networks[position]?.run({ [graph.input]: heard }, [graph.output])
        const rows = answer?.[graph.output]
        if (rows?.length !== graph.rows.length * CHANNELS * samples) {
          throw new Error(`The network's output '${graph.output}' has the wrong shape.`)
        }
        for (const stem of graph.uses) {
          if (!stems.includes(stem)) continue
          const start = graph.rows.indexOf(stem) * CHANNELS * samples
          const sound = rows.subarray(start, start + CHANNELS * samples)
          const sums = new Float32Array(partialSamples(grid) * CHANNELS)
          denormalise({ sound, statistics, sums })
          fade({ sums, samples, tailSamples: grid.tailSamples, isFirst: index === 0 })
          found.set(stem, sums)
        }
      }
      return stems.map((stem) => found.get(stem) ?? new Float32Array(partialSamples(grid) * CHANNELS))
    },
  }
}

// Each loop over samples is a function of its own, so that V8 compiles it without captured variables.

/** Turns interleaved 16-bit samples into one normalised plane per channel. */
function normalise(song: Int16Array, { mean, deviation }: SongStatistics, into: Float32Array): void {
  const samples = into.length / CHANNELS
  const gain = 1 / (deviation + MIN_DEVIATION)
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let i = 0, at = channel; i < samples; i++, at += CHANNELS) {
      into[channel * samples + i] = ((song[at] ?? 0) / FULL_SCALE - mean) * gain
    }
  }
}

/** Turns normalised planes into interleaved samples in units of one 16-bit step. */
function denormalise({
  sound,
  statistics: { mean, deviation },
  sums,
}: {
  sound: Float32Array
  statistics: SongStatistics
  sums: Float32Array
}): void {
  const samples = sound.length / CHANNELS
  const gain = (deviation + MIN_DEVIATION) * FULL_SCALE
  const offset = mean * FULL_SCALE
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let i = 0, at = channel; i < samples; i++, at += CHANNELS) {
      sums[at] = (sound[channel * samples + i] ?? 0) * gain + offset
    }
  }
}

/** Fades out the end of a segment, and fades in its beginning unless it is the first. */
function fade({
  sums,
  samples,
  tailSamples,
  isFirst,
}: {
  sums: Float32Array
  samples: number
  tailSamples: number
  isFirst: boolean
}): void {
  const step = 1 / (tailSamples - 1)
  for (let i = 0; i < tailSamples; i++) {
    const share = i * step
    const end = samples - 1 - i
    for (let channel = 0; channel < CHANNELS; channel++) {
      if (!isFirst) sums[i * CHANNELS + channel] = (sums[i * CHANNELS + channel] ?? 0) * share
      sums[end * CHANNELS + channel] = (sums[end * CHANNELS + channel] ?? 0) * share
    }
  }
}
