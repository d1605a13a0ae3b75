import { CHANNELS, FULL_SCALE } from '../song/pcm.ts'
import type { SongStatistics } from '../song/segment.ts'

/**
 * Measures mean and sample standard deviation (n − 1) of a song's mono mix, with full scale 1. The sums are exact integers,
 * so the result does not depend on how the song was split into chunks.
 */
export class StatisticsMeter {
  #samples = 0
  /** The sum of left + right. It is exact up to 2^53, which no song reaches. */
  #sum = 0
  #squares = 0n

  add(chunk: Int16Array): void {
    const { sum, squares } = sumsOf(chunk)
    this.#samples += chunk.length / CHANNELS
    this.#sum += sum
    this.#squares += BigInt(squares)
  }

  statistics(): SongStatistics {
    const n = this.#samples
    if (n < 2) return { mean: 0, deviation: 0 }
    const mean = this.#sum / n
    const variance = Math.max(0, (Number(this.#squares) - n * mean * mean) / (n - 1))
    const scale = CHANNELS * FULL_SCALE
    return { mean: mean / scale, deviation: Math.sqrt(variance) / scale }
  }
}

/** Exact for a chunk of up to some millions of samples. */
function sumsOf(chunk: Int16Array): { sum: number; squares: number } {
  let sum = 0
  let squares = 0
  for (let i = 0; i < chunk.length; i += CHANNELS) {
    const both = (chunk[i] ?? 0) + (chunk[i + 1] ?? 0)
    sum += both
    squares += both * both
  }
  return { sum, squares }
}
