import type { Fft } from '../audio/fft.ts'
import { CHANNELS } from '../song/pcm.ts'

/** The sum of the squares of a periodic Hann window at a hop of a quarter: the gain of analysis and synthesis together. */
export const HANN_OVERLAP = 1.5

// Each loop over samples is a function of its own, so that V8 compiles it without captured variables.

export function applyWindow(frame: Float32Array, window: Float32Array, into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (frame[i] ?? 0) * (window[i] ?? 0)
}

/** Copies one channel of interleaved stereo into a plane, because overlapping frames read every sample four times. */
export function takeChannel(input: Int16Array, channel: number, plane: Float32Array): void {
  for (let i = 0, at = channel; i < plane.length; i++, at += CHANNELS) plane[i] = input[at] ?? 0
}

/** `bin` has the layout of `Fft`: DC, Nyquist, then re and im of bins 1, 2, …. */
export function writeMagnitudes({
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

export function applyMask({
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

/** Adds a frame to one channel of interleaved sums. Leaves out the samples before the block. */
export function overlapAdd({
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

/** The scale of the song's first hop. A frame −1 would also cover this hop, but there is none. The scale makes up for it. */
export function missingFrameScale(window: Float32Array, hop: number): Float32Array {
  const missing = window.length - hop
  return Float32Array.from({ length: hop }, (_, i) => HANN_OVERLAP / (HANN_OVERLAP - (window[missing + i] ?? 0) ** 2))
}

export function scaleFirstHop(sums: Float32Array, scale: Float32Array): void {
  for (let i = 0; i < scale.length * CHANNELS; i++) sums[i] = (sums[i] ?? 0) * (scale[i >> 1] ?? 1)
}
