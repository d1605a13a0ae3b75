import type { SongLevel } from '../song/segment.ts'
import { CHANNELS } from './pcm.ts'

const FULL_SCALE = 32_768

/**
 * Mean and standard deviation (of a sample, n − 1) of a song's mono mix, full scale = 1, as it comes in. Sums of
 * integers: exact, so the result does not depend on how the song was cut into blocks.
 */
export class LevelMeter {
  #samples = 0
  /** Of left + right, which are whole numbers: exact up to 2^53, which is more than any song. */
  #sum = 0
  #squares = 0n

  add(block: Int16Array): void {
    const { sum, squares } = sumsOf(block)
    this.#samples += block.length / CHANNELS
    this.#sum += sum
    this.#squares += BigInt(squares)
  }

  level(): SongLevel {
    const n = this.#samples
    if (n < 2) return { mean: 0, deviation: 0 }
    const mean = this.#sum / n
    const variance = Math.max(0, (Number(this.#squares) - n * mean * mean) / (n - 1))
    const scale = CHANNELS * FULL_SCALE
    return { mean: mean / scale, deviation: Math.sqrt(variance) / scale }
  }
}

/** Of a block of at most some millions of samples: exact in a double. */
function sumsOf(block: Int16Array): { sum: number; squares: number } {
  let sum = 0
  let squares = 0
  for (let i = 0; i < block.length; i += CHANNELS) {
    const both = (block[i] ?? 0) + (block[i + 1] ?? 0)
    sum += both
    squares += both * both
  }
  return { sum, squares }
}
