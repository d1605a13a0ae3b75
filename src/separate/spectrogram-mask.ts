import { setImmediate } from 'node:timers/promises'
import { createFft, type Fft } from '../audio/fft.ts'
import type { SpectrogramModel } from '../models/description.ts'
import { frameShares } from '../models/spectrogram-grid.ts'
import { CHANNELS, FULL_SCALE } from '../song/pcm.ts'
import { computedStems } from '../song/plan.ts'
import { partialSamples } from '../song/segment.ts'
import { hannWindow } from './hann.ts'
import { inputGain } from './input-gain.ts'
import { extendMask, multiply, softenMask, subtractMask } from './mask.ts'
import type { Network } from './onnx-network.ts'
import type { SegmentInput, Separator } from './separator.ts'
import * as spectra from './spectrum.ts'

/**
 * A separator of networks that take STFT magnitudes and give masks, as Spleeter (Hennequin et al., JOSS 2020) does. The
 * networks run one after another. A network with `hears: rest` gets what the earlier networks with `hears: song` left over, and
 * its masks divide only that.
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
  return new SpectrogramMask({ model, networks, fft: await createFft(model.spectrogram.frameSize) })
}

class SpectrogramMask implements Separator {
  readonly grid
  readonly stems
  readonly #model: SpectrogramModel
  readonly #networks: readonly Network[]
  readonly #fft: Fft
  readonly #window: Float32Array
  readonly #synthesisWindow: Float32Array
  readonly #firstHopScale: Float32Array
  readonly #shares: { first: Float32Array; later: Float32Array }
  readonly #hasRest: boolean
  readonly #spectrum: Float32Array
  readonly #magnitude: Float32Array
  /** The share of every bin that the networks so far have left over. */
  readonly #rest: Float32Array
  readonly #restMagnitude: Float32Array
  readonly #rowMask: Float32Array
  readonly #plane: Float32Array

  constructor({ model, networks, fft }: { model: SpectrogramModel; networks: readonly Network[]; fft: Fft }) {
    const { frameSize, hop, frames, bins } = model.spectrogram
    this.grid = model.grid
    this.stems = computedStems(model)
    this.#model = model
    this.#networks = networks
    this.#fft = fft
    this.#window = hannWindow(frameSize)
    this.#synthesisWindow = this.#window.map((value) => value / (spectra.HANN_OVERLAP * frameSize))
    this.#firstHopScale = spectra.missingFrameScale(this.#window, hop)
    this.#shares = { first: frameShares(model.spectrogram, true), later: frameShares(model.spectrogram, false) }
    this.#hasRest = model.graphs.some(({ hears }) => hears === 'rest')
    this.#spectrum = new Float32Array(CHANNELS * frames * frameSize)
    this.#magnitude = new Float32Array(CHANNELS * frames * bins)
    this.#rest = new Float32Array(this.#hasRest ? this.#magnitude.length : 0)
    this.#restMagnitude = new Float32Array(this.#rest.length)
    this.#rowMask = new Float32Array(frameSize / 2 + 1)
    this.#plane = new Float32Array(model.grid.inputSamples)
  }

  async separate({ input, index }: SegmentInput, signal?: AbortSignal): Promise<Float32Array[]> {
    const { inputSamples } = this.grid
    if (input.length !== inputSamples * CHANNELS) {
      throw new Error(`Segment ${index} has ${input.length / CHANNELS} samples, not ${inputSamples}.`)
    }
    this.#analyse(input)
    const masks = await this.#findMasks(signal)
    return this.stems.map((stem) => {
      return this.#synthesise(masks.get(stem) ?? new Float32Array(this.#magnitude.length), index === 0)
    })
  }

  #analyse(input: Int16Array): void {
    const { frameSize, hop, frames, bins } = this.#model.spectrogram
    const gain = inputGain(input) / FULL_SCALE
    const { time, spectrum: bin } = this.#fft
    for (let channel = 0; channel < CHANNELS; channel++) {
      spectra.takeChannel(input, channel, this.#plane)
      for (let frame = 0; frame < frames; frame++) {
        const row = channel * frames + frame
        spectra.applyWindow(this.#plane.subarray(frame * hop, frame * hop + frameSize), this.#window, time)
        this.#fft.forward()
        this.#spectrum.set(bin, row * frameSize)
        spectra.writeMagnitudes({ bin, into: this.#magnitude, start: row * bins, bins, gain })
      }
    }
  }

  /** The share of each stem in each bin of the segment. */
  async #findMasks(signal: AbortSignal | undefined): Promise<Map<string, Float32Array>> {
    const { frames, bins } = this.#model.spectrogram
    const [magnitude, rest, restMagnitude] = [this.#magnitude, this.#rest, this.#restMagnitude]
    const masks = new Map<string, Float32Array>()
    rest.fill(1)
    for (const [index, { input, outputs, hears, mask: kind }] of this.#model.graphs.entries()) {
      await setImmediate() // a network blocks the thread; messages that came meanwhile, such as a cancellation, run here
      signal?.throwIfAborted()
      if (hears === 'rest') multiply(magnitude, rest, restMagnitude)
      const tensor = { data: hears === 'rest' ? restMagnitude : magnitude, shape: [1, CHANNELS, frames, bins] }
      const answer = await this.#networks[index]?.run({ [input]: tensor }, outputs)
      for (const stem of outputs) {
        const mask = answer?.[stem]
        if (mask?.length !== magnitude.length) throw new Error(`The network's mask of '${stem}' has the wrong shape.`)
        if (kind === 'squares') softenMask(mask)
        if (hears === 'rest') multiply(mask, rest, mask)
        masks.set(stem, mask)
      }
      if (this.#hasRest && hears === 'song') for (const stem of outputs) subtractMask(rest, masks.get(stem) ?? rest)
    }
    return masks
  }

  #synthesise(mask: Float32Array, isFirst: boolean): Float32Array {
    const { frameSize, hop, frames, bins } = this.#model.spectrogram
    const [fft, spectrum, rowMask] = [this.#fft, this.#spectrum, this.#rowMask]
    const sums = new Float32Array(partialSamples(this.grid) * CHANNELS)
    const share = isFirst ? this.#shares.first : this.#shares.later
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let frame = 0; frame < frames; frame++) {
        if (!share[frame]) continue
        const row = channel * frames + frame
        rowMask.set(mask.subarray(row * bins, (row + 1) * bins))
        extendMask(rowMask, bins)
        spectra.applyMask({ spectrum, start: row * frameSize, mask: rowMask, share: share[frame] ?? 0, into: fft })
        fft.inverse()
        const startSample = frame * hop - frameSize / 2
        spectra.overlapAdd({ sums, channel, startSample, time: fft.time, window: this.#synthesisWindow })
      }
    }
    if (isFirst) spectra.scaleFirstHop(sums, this.#firstHopScale)
    return sums
  }
}
