import { clockTime } from '../../platform/clock-time.ts'
import { SAMPLE_RATE } from '../../song/pcm.ts'

/** A file that holds a smaller share of its announced length gets a warning. */
const NOTABLY_SHORTER = 0.98
/** Silences that begin closer together than this count as one. */
const APART_SECONDS = 2
const MAX_MOMENTS = 5
/** Sound and picture of a film may begin this far apart without a warning. */
const NOTABLY_LATE_SECONDS = 0.5

/** Collects warnings for the user while a file is decoded. `samples` counts the samples decoded so far. */
export class DecodeWarnings {
  #damagedParts = 0
  #lastDamage: { samples: number; isAtEnd: boolean } | null = null
  /** The damage after the last sound: the last packet of the file, or the whole rest of the file. */
  #lost: 'end' | 'rest' | null = null
  #brokenReason: string | null = null
  readonly #silenceSeconds: number[] = []

  /** @param isAtEnd whether the damaged packet is the last of the file */
  addDamage({ samples, isAtEnd }: { samples: number; isAtEnd: boolean }): void {
    if (this.#lastDamage?.samples === samples) return
    this.#damagedParts++
    this.#lastDamage = { samples, isAtEnd }
  }

  addSilence(samples: number): void {
    const seconds = samples / SAMPLE_RATE
    const last = this.#silenceSeconds.at(-1) ?? Number.NEGATIVE_INFINITY
    if (seconds - last > APART_SECONDS) this.#silenceSeconds.push(seconds)
  }

  /** @param reason why the rest of the file cannot be read, in FFmpeg's words */
  setBroken(reason: string): void {
    this.#brokenReason = reason
  }

  /** Call this when the last frame has been decoded. */
  endAt(samples: number): void {
    if (this.#lastDamage?.samples !== samples) return
    this.#lost = this.#lastDamage.isAtEnd ? 'end' : 'rest'
    this.#damagedParts--
  }

  /**
   * @param silenced how many samples were not finite numbers
   * @param startSeconds the time in the file at which the sound begins
   * @param fileStartSeconds the time in the file at which the first of all streams begins
   * @param seconds how much sound was decoded
   */
  list({
    silenced,
    startSeconds,
    fileStartSeconds,
    seconds,
    announcedSeconds,
  }: {
    silenced: number
    startSeconds: number
    fileStartSeconds: number
    seconds: number
    announcedSeconds: number | null
  }): string[] {
    const warnings: string[] = []
    const lateSeconds = startSeconds - Math.max(0, fileStartSeconds)
    if (lateSeconds >= NOTABLY_LATE_SECONDS) {
      warnings.push(`Its sound begins ${lateSeconds.toFixed(1)} s into the file; the song begins with it.`)
    }
    // Matroska announces a length that counts from the beginning of the file, not of the sound.
    const isShorter = announcedSeconds !== null && startSeconds + seconds < announcedSeconds * NOTABLY_SHORTER - 0.1
    warnings.push(...this.#damageWarnings(isShorter))
    if (silenced > 0) warnings.push(`${silenced} samples of the file are not numbers and were replaced by silence.`)
    const reason = this.#brokenReason === null ? '' : ` (${this.#brokenReason})`
    if (this.#brokenReason !== null || (this.#lost === 'rest' && isShorter)) {
      warnings.push(`The file cannot be read beyond ${clockTime(seconds)}; the rest is missing${reason}.`)
    }
    if (isShorter) warnings.push(shorterThan(announcedSeconds, seconds))
    return warnings
  }

  #damageWarnings(isShorter: boolean): string[] {
    if (this.#silenceSeconds.length > 0) {
      const moments = listOf(this.#silenceSeconds)
      const what = isShorter ? 'more sound is missing than the silence there' : 'silence replaces the lost sound'
      return [`The file is damaged at ${moments}: ${what}.`]
    }
    const leftOut = this.#damagedParts + (this.#lost !== null && !isShorter ? 1 : 0)
    return leftOut > 0 ? [`Damaged parts of the file were left out: ${leftOut}.`] : []
  }
}

/** Both lengths are rounded, but never to the same value. */
function shorterThan(announcedSeconds: number, seconds: number): string {
  const says = Math.round(announcedSeconds)
  const holds = Math.min(Math.round(seconds), says - 1)
  return `The file says it is ${clockTime(says)} long, but it holds ${clockTime(holds)} of sound.`
}

function listOf(moments: readonly number[]): string {
  const told = moments.slice(0, MAX_MOMENTS).map(clockTime).join(', ')
  const others = moments.length - MAX_MOMENTS
  return others > 0 ? `${told} and ${others} more` : told
}
