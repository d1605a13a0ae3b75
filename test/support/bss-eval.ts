import { SAMPLE_RATE } from '../../src/song/pcm.ts'

/** 10·log10(|s|² / |s − e|²) in dB over both channels of interleaved sound; NaN where the truth is silent. */
export function sdrDb(truth: ArrayLike<number>, estimate: ArrayLike<number>, start = 0, end = truth.length): number {
  let signal = 0
  let error = 0
  for (let i = start; i < end; i++) {
    signal += (truth[i] ?? 0) ** 2
    error += ((truth[i] ?? 0) - (estimate[i] ?? 0)) ** 2
  }
  return signal === 0 ? Number.NaN : 10 * Math.log10(signal / error)
}

/**
 * The SDR of BSS Eval v4 as the package museval computes it (Stöter, Liutkus, Ito, LVA/ICA 2018): the median over frames
 * of a second, without frames in which any truth or estimate is silent, and without a last frame that is not full.
 *
 * Its distortion filters are of no matter to the SDR: spatial error, interference and artefacts add up to estimate − truth.
 * @param truths all stems of the song, stereo interleaved
 * @param estimates in the same order
 * @returns dB for each stem
 */
export function framedSdrDb(truths: readonly ArrayLike<number>[], estimates: readonly ArrayLike<number>[]): number[] {
  const length = truths[0]?.length ?? 0
  const frame = Math.min(2 * SAMPLE_RATE, length)
  const found: number[][] = truths.map(() => [])
  for (let start = 0; start + frame <= length; start += 2 * SAMPLE_RATE) {
    const end = start + frame
    if ([...truths, ...estimates].some((sound) => isSilent(sound, start, end))) continue
    for (const [stem, truth] of truths.entries()) found[stem]?.push(sdrDb(truth, estimates[stem] ?? [], start, end))
  }
  return found.map(median)
}

/** As museval has it: left and right cancel each other in every sample. */
function isSilent(sound: ArrayLike<number>, start: number, end: number): boolean {
  for (let i = start; i < end; i += 2) if ((sound[i] ?? 0) + (sound[i + 1] ?? 0) !== 0) return false
  return true
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
