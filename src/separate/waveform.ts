import { CHANNELS } from '../audio/pcm.ts'
import { computedStems, type WaveformModel } from '../models/description.ts'
import { partialSamples, type SongLevel } from '../song/segment.ts'
import type { Network } from './onnx-network.ts'
import type { Separator } from './separator.ts'

const FULL_SCALE = 32_768
/** Keeps a silent song from being divided by zero. */
const LEAST_DEVIATION = 1e-8

/**
 * Networks that hear samples and answer with samples, as Hybrid Transformer Demucs (Rouard et al., ICASSP 2023) does.
 *
 * The song is brought to mean 0 and deviation 1 as a whole, and back. Neighbouring segments share a quarter, which is
 * cross-faded linearly, so the partial sums of two neighbours add up to the sound. Memory beside the network's own: one
 * segment of input, and of each stem.
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
    async separate({ input: song, index, level }) {
      if (song.length !== samples * CHANNELS) {
        throw new Error(`Segment ${index} has ${song.length / CHANNELS} samples, not ${samples}.`)
      }
      if (!level) throw new Error(`Model ${model.name} needs the level of the whole song.`)
      normalise(song, level, input)
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
          denormalise({ sound, level, sums })
          fade({ sums, samples, tailSamples: grid.tailSamples, isFirst: index === 0 })
          found.set(stem, sums)
        }
      }
      return stems.map((stem) => found.get(stem) ?? new Float32Array(partialSamples(grid) * CHANNELS))
    },
  }
}

// Loops over samples are functions of their own: they are compiled once, with nothing to look up outside.

/** Interleaved 16-bit samples to one plane a channel. */
function normalise(song: Int16Array, { mean, deviation }: SongLevel, into: Float32Array): void {
  const samples = into.length / CHANNELS
  const gain = 1 / (deviation + LEAST_DEVIATION)
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let i = 0, at = channel; i < samples; i++, at += CHANNELS) {
      into[channel * samples + i] = ((song[at] ?? 0) / FULL_SCALE - mean) * gain
    }
  }
}

/** Planes to interleaved samples, in 16-bit steps. */
function denormalise({
  sound,
  level: { mean, deviation },
  sums,
}: {
  sound: Float32Array
  level: SongLevel
  sums: Float32Array
}): void {
  const samples = sound.length / CHANNELS
  const gain = (deviation + LEAST_DEVIATION) * FULL_SCALE
  const offset = mean * FULL_SCALE
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let i = 0, at = channel; i < samples; i++, at += CHANNELS) {
      sums[at] = (sound[channel * samples + i] ?? 0) * gain + offset
    }
  }
}

/** Fades the segment's end out, and its beginning in where there is one before it. */
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
