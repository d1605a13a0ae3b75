import * as ort from 'onnxruntime-node'
import { createFft, type Fft } from '../audio/fft.ts'
import { CHANNELS } from '../audio/pcm.ts'
import { partialSamples } from '../song/segment.ts'
import type { Model } from './catalogue.ts'
import { inputGain } from './level.ts'
import { extendMask, sharpenMask } from './mask.ts'
import type { Separator } from './separator.ts'
import type { Network } from './session.ts'
import { frameShares, hannWindow } from './spectrogram-grid.ts'

/** Sum of the squares of a periodic Hann window at a hop of a quarter: what analysis and synthesis leave on a sample. */
const HANN_OVERLAP = 1.5
const SIXTEEN_BIT_STEPS = 32_768

/**
 * A network that hears STFT magnitudes and answers with masks, as Spleeter (Hennequin et al., JOSS 2020) does.
 *
 * Its input is brought to one loudness, because the network hears loudness; the masks are applied to the spectrum as it
 * was, so no level of the result changes. Memory: the spectrum of one segment, 17 MB, made once.
 */
export async function openSpectrogramMask({
  model,
  network,
  inputName,
}: {
  model: Model
  network: Network
  inputName: string
}): Promise<Separator> {
  const { frameSize, hop, frames, bins } = model.spectrogram
  const fft = await createFft(frameSize)
  const window = hannWindow(frameSize)
  const synthesisWindow = window.map((value) => value / (HANN_OVERLAP * frameSize))
  const firstHopScale = missingFrameScale(window, hop)
  const stems = model.stems.filter((stem) => stem !== model.rest)
  const spectrum = new Float32Array(CHANNELS * frames * frameSize)
  const magnitude = new Float32Array(CHANNELS * frames * bins)
  const mask = new Float32Array(frameSize / 2 + 1)
  const plane = new Float32Array(model.grid.inputSamples)
  const shares = { first: frameShares(model.spectrogram, true), later: frameShares(model.spectrogram, false) }

  function analyse(input: Int16Array): void {
    const gain = inputGain(input) / SIXTEEN_BIT_STEPS
    const { time, spectrum: bin } = fft
    for (let channel = 0; channel < CHANNELS; channel++) {
      takeChannel(input, channel, plane)
      for (let frame = 0; frame < frames; frame++) {
        const row = channel * frames + frame
        applyWindow(plane.subarray(frame * hop, frame * hop + frameSize), window, time)
        fft.forward()
        spectrum.set(bin, row * frameSize)
        writeMagnitudes({ bin, into: magnitude, start: row * bins, bins, gain })
      }
    }
  }

  function synthesise(masks: Float32Array, isFirst: boolean): Float32Array {
    const sums = new Float32Array(partialSamples(model.grid) * CHANNELS)
    const share = isFirst ? shares.first : shares.later
    for (let channel = 0; channel < CHANNELS; channel++) {
      for (let frame = 0; frame < frames; frame++) {
        if (!share[frame]) continue
        const row = channel * frames + frame
        sharpenMask(masks.subarray(row * bins, (row + 1) * bins), mask)
        extendMask(mask, bins)
        applyMask({ spectrum, start: row * frameSize, mask, share: share[frame] ?? 0, into: fft })
        fft.inverse()
        overlapAdd({ sums, channel, startSample: frame * hop - frameSize / 2, time: fft.time, window: synthesisWindow })
      }
    }
    if (isFirst) scaleFirstHop(sums, firstHopScale)
    return sums
  }

  return {
    grid: model.grid,
    stems,
    async separate(input, index) {
      if (input.length !== model.grid.inputSamples * CHANNELS) {
        throw new Error(`Segment ${index} has ${input.length / CHANNELS} samples, not ${model.grid.inputSamples}.`)
      }
      analyse(input)
      const tensor = new ort.Tensor('float32', magnitude, [1, CHANNELS, frames, bins])
      const outputs = await network.run({ [inputName]: tensor })
      return stems.map((stem) => {
        const masks = outputs[stem]
        if (masks?.length !== magnitude.length) throw new Error(`The network's mask of '${stem}' has the wrong shape.`)
        return synthesise(masks, index === 0)
      })
    },
  }
}

// Loops over samples are functions of their own: they are compiled once, with nothing to look up outside.

function applyWindow(frame: Float32Array, window: Float32Array, into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (frame[i] ?? 0) * (window[i] ?? 0)
}

/** One channel of interleaved stereo: every sample is read four times over, by as many frames. */
function takeChannel(input: Int16Array, channel: number, plane: Float32Array): void {
  for (let i = 0, at = channel; i < plane.length; i++, at += CHANNELS) plane[i] = input[at] ?? 0
}

/** The spectrum's layout is that of `Fft`: DC, Nyquist, then re and im of bins 1, 2, …. */
function writeMagnitudes({
  bin,
  into,
  start,
  bins,
  gain,
}: {
  bin: Float32Array
  into: Float32Array
  start: number
  bins: number
  gain: number
}): void {
  into[start] = Math.abs(bin[0] ?? 0) * gain
  for (let b = 1; b < bins; b++) {
    const re = bin[2 * b] ?? 0
    const im = bin[2 * b + 1] ?? 0
    into[start + b] = Math.sqrt(re * re + im * im) * gain
  }
}

function applyMask({
  spectrum,
  start,
  mask,
  share,
  into,
}: {
  spectrum: Float32Array
  start: number
  mask: Float32Array
  share: number
  into: Fft
}): void {
  const { spectrum: bin } = into
  const half = bin.length / 2
  bin[0] = (spectrum[start] ?? 0) * (mask[0] ?? 0) * share
  bin[1] = (spectrum[start + 1] ?? 0) * (mask[half] ?? 0) * share
  for (let b = 1; b < half; b++) {
    const weight = (mask[b] ?? 0) * share
    bin[2 * b] = (spectrum[start + 2 * b] ?? 0) * weight
    bin[2 * b + 1] = (spectrum[start + 2 * b + 1] ?? 0) * weight
  }
}

/** Adds a frame into one channel of interleaved sums; what lies before the stretch (before the song) is left out. */
function overlapAdd({
  sums,
  channel,
  startSample,
  time,
  window,
}: {
  sums: Float32Array
  channel: number
  startSample: number
  time: Float32Array
  window: Float32Array
}): void {
  let i = Math.max(0, -startSample)
  for (let at = (startSample + i) * CHANNELS + channel; i < time.length; i++, at += CHANNELS) {
    sums[at] = (sums[at] ?? 0) + (time[i] ?? 0) * (window[i] ?? 0)
  }
}

/** The song's first hop would also be covered by a frame −1, which is not there: the others have to carry its part. */
function missingFrameScale(window: Float32Array, hop: number): Float32Array {
  const missing = window.length - hop
  return Float32Array.from({ length: hop }, (_, i) => HANN_OVERLAP / (HANN_OVERLAP - (window[missing + i] ?? 0) ** 2))
}

function scaleFirstHop(sums: Float32Array, scale: Float32Array): void {
  for (let i = 0; i < scale.length * CHANNELS; i++) sums[i] = (sums[i] ?? 0) * (scale[i >> 1] ?? 1)
}
