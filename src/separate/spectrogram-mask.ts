import { setImmediate } from 'node:timers/promises'
import { createFft } from '../audio/fft.ts'
import { CHANNELS } from '../audio/pcm.ts'
import { computedStems, type SpectrogramModel } from '../models/description.ts'
import { frameShares } from '../models/spectrogram-grid.ts'
import { partialSamples } from '../song/segment.ts'
import { hannWindow } from './hann.ts'
import { inputGain } from './input-gain.ts'
import { extendMask, multiply, softenMask, subtractMask } from './mask.ts'
import type { Network } from './onnx-network.ts'
import type { Separator } from './separator.ts'
import * as spectra from './spectrum.ts'

const SIXTEEN_BIT_STEPS = 32_768

/**
 * A separator of networks that take STFT magnitudes and give masks, as Spleeter (Hennequin et al., JOSS 2020) does. Several
 * networks may follow each other: one that takes the rest gets what those before it have left, and its masks divide that.
 *
 * The input is brought to one loudness, because the networks depend on it. The masks are applied to the spectrum before that,
 * so no level of the result changes. Memory: the spectrum of one segment (17 MB) and 4 MB a mask, allocated once.
 * @param networks one for each of the model's graphs, in their order
 */
export async function openSpectrogramMask({
  model,
  networks,
}: {
  model: SpectrogramModel
  networks: readonly Network[]
}): Promise<Separator> {
  const { frameSize, hop, frames, bins } = model.spectrogram
  const fft = await createFft(frameSize)
  const window = hannWindow(frameSize)
  const synthesisWindow = window.map((value) => value / (spectra.HANN_OVERLAP * frameSize))
  const firstHopScale = spectra.missingFrameScale(window, hop)
  const stems = computedStems(model)
  const spectrum = new Float32Array(CHANNELS * frames * frameSize)
  const magnitude = new Float32Array(CHANNELS * frames * bins)
  const hearsRest = model.graphs.some(({ hears }) => hears === 'rest')
  const rest = new Float32Array(hearsRest ? magnitude.length : 0)
  const heard = new Float32Array(rest.length)
  const rowMask = new Float32Array(frameSize / 2 + 1)
  const plane = new Float32Array(model.grid.inputSamples)
  const shares = { first: frameShares(model.spectrogram, true), later: frameShares(model.spectrogram, false) }

  function analyse(input: Int16Array): void {
    const gain = inputGain(input) / SIXTEEN_BIT_STEPS
    const { time, spectrum: bin } = fft
    for (let channel = 0; channel < CHANNELS; channel++) {
      spectra.takeChannel(input, channel, plane)
      for (let frame = 0; frame < frames; frame++) {
        const row = channel * frames + frame
        spectra.applyWindow(plane.subarray(frame * hop, frame * hop + frameSize), window, time)
        fft.forward()
        spectrum.set(bin, row * frameSize)
        spectra.writeMagnitudes({ bin, into: magnitude, start: row * bins, bins, gain })
      }
    }
  }

  /** The share of each stem in every bin of the segment. */
  async function findMasks(signal: AbortSignal | undefined): Promise<Map<string, Float32Array>> {
    const masks = new Map<string, Float32Array>()
    rest.fill(1)
    for (const [index, { input, outputs, hears, mask: kind }] of model.graphs.entries()) {
      await setImmediate() // a network blocks the thread; messages that came meanwhile, such as a cancellation, are handled here
      signal?.throwIfAborted()
      if (hears === 'rest') multiply(magnitude, rest, heard)
      const tensor = { data: hears === 'rest' ? heard : magnitude, shape: [1, CHANNELS, frames, bins] }
      const answer = await networks[index]?.run({ [input]: tensor }, outputs)
      for (const stem of outputs) {
        const mask = answer?.[stem]
        if (mask?.length !== magnitude.length) throw new Error(`The network's mask of '${stem}' has the wrong shape.`)
        if (kind === 'squares') softenMask(mask)
        if (hears === 'rest') multiply(mask, rest, mask)
        masks.set(stem, mask)
      }
      if (hearsRest && hears === 'song') for (const stem of outputs) subtractMask(rest, masks.get(stem) ?? rest)
    }
    return masks
  }

  function synthesise(mask: Float32Array, isFirst: boolean): Float32Array {
    const sums = new Float32Array(partialSamples(model.grid) * CHANNELS)
    const share = isFirst ? shares.first : shares.later
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let frame = 0; frame < frames; frame++) {
        if (!share[frame]) continue
        const row = channel * frames + frame
        rowMask.set(mask.subarray(row * bins, (row + 1) * bins))
        extendMask(rowMask, bins)
        spectra.applyMask({ spectrum, start: row * frameSize, mask: rowMask, share: share[frame] ?? 0, into: fft })
        fft.inverse()
        const startSample = frame * hop - frameSize / 2
        spectra.overlapAdd({ sums, channel, startSample, time: fft.time, window: synthesisWindow })
      }
    }
    if (isFirst) spectra.scaleFirstHop(sums, firstHopScale)
    return sums
  }

  return {
    grid: model.grid,
    stems,
    async separate({ input, index }, signal) {
      if (input.length !== model.grid.inputSamples * CHANNELS) {
        throw new Error(`Segment ${index} has ${input.length / CHANNELS} samples, not ${model.grid.inputSamples}.`)
      }
      analyse(input)
      const masks = await findMasks(signal)
      return stems.map((stem) => synthesise(masks.get(stem) ?? new Float32Array(magnitude.length), index === 0))
    },
  }
}
