import { uptime } from 'node:os'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
/** So long a clock has to go on without a step until it is believed again. */
const TRUSTED_AFTER_MS = 24 * HOUR_MS
/** Who was off for longer has to say so: a clock that is wrong by months looks the same. */
const LONGEST_GAP_MS = 7 * 24 * HOUR_MS
/** A larger step of the wall clock than this is no correction. */
const LARGEST_STEP_MS = HOUR_MS
/** Two starts within moments may see a clock that was corrected by so much in between. */
const TOLERANCE_MS = 60_000

/** Where times come from. All in milliseconds; the first two never go back. */
export type TimeSource = {
  /** Since an arbitrary moment; stands still while the machine sleeps (CLOCK_MONOTONIC). */
  monotonicMs(): number
  /** Since the machine was started, its sleep included (CLOCK_BOOTTIME). */
  uptimeMs(): number
  /** Since 1970; what the machine takes for the time of day, and may step (CLOCK_REALTIME). */
  wallMs(): number
}

const MACHINE: TimeSource = {
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * SECOND_MS,
  wallMs: () => Date.now(),
}

/**
 * The time of the ledger: milliseconds since 1970 that never step and never go back, whatever happens to the wall clock.
 * It begins at the wall clock's time, or at the newest time in the ledger where that is later, and goes on with the monotonic
 * clock. So a duration between two of its times is never negative, and right where both are of one life of the server.
 *
 * Whether a song is old enough to be deleted is another question, which a wrong clock must not answer: `ageTime`.
 */
export class SteadyClock {
  readonly #source: TimeSource
  readonly #monotonicStartMs: number
  #anchorMs: number
  #sleptMs: number
  /** How far the wall clock was ahead of ours when it was looked at last. */
  #offsetMs: number
  #isAgingPaused: boolean
  /** Ours, when the wall clock stepped last or the server was started. */
  #steadySinceMs: number
  /** Between the ledger's newest time and this start: the clock may have been wrong, or the server switched off. */
  readonly #gapMs: number

  /**
   * @param newestMs the newest time in the ledger; 0 where there is none
   * @param isTrusted somebody has looked at the wall clock and says that it is right
   */
  constructor({
    newestMs,
    isTrusted = false,
    source = MACHINE,
  }: { newestMs: number; isTrusted?: boolean; source?: TimeSource }) {
    this.#source = source
    const wallMs = source.wallMs()
    this.#monotonicStartMs = source.monotonicMs()
    this.#sleptMs = this.#sleepMs()
    this.#anchorMs = isTrusted ? wallMs : Math.max(wallMs, newestMs)
    this.#offsetMs = wallMs - this.#anchorMs
    this.#steadySinceMs = isTrusted ? Number.NEGATIVE_INFINITY : this.#anchorMs
    this.#isAgingPaused = !isTrusted && wallMs < newestMs - TOLERANCE_MS
    const gapMs = newestMs > 0 ? wallMs - newestMs : 0
    this.#gapMs = !isTrusted && gapMs > LARGEST_STEP_MS ? gapMs : 0
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    return Math.floor(this.#anchorMs + this.#source.monotonicMs() - this.#monotonicStartMs)
  }

  /**
   * The time by which songs grow old; null while no song may be deleted for its age: the wall clock has stepped by more than an
   * hour, or the server was started with a clock before the newest time in the ledger, less than 24 hours ago. What passed
   * before this start counts after 24 hours, and where it is more than a week not at all.
   */
  ageTime(): number | null {
    const isTrusted = this.now() - this.#steadySinceMs >= TRUSTED_AFTER_MS
    if (this.#isAgingPaused && !isTrusted) return null
    const uncountedMs = !isTrusted || this.hasLongGap ? this.#gapMs : 0
    return Math.min(this.now(), this.#source.wallMs()) - uncountedMs
  }

  /**
   * Looks whether the wall clock has stepped; to be called every few seconds.
   * @returns by how many milliseconds it has stepped, where that is more than an hour; else 0
   */
  detectStep(): number {
    const sleptMs = this.#sleepMs()
    if (sleptMs - this.#sleptMs > SECOND_MS) {
      this.#anchorMs += sleptMs - this.#sleptMs
      this.#sleptMs = sleptMs
    }
    const offsetMs = this.#source.wallMs() - this.now()
    const stepMs = offsetMs - this.#offsetMs
    if (Math.abs(stepMs) <= LARGEST_STEP_MS) return 0
    this.#offsetMs = offsetMs
    this.#isAgingPaused = true
    this.#steadySinceMs = this.now()
    return stepMs
  }

  /** Whether more than a week lies between the newest time in the ledger and this start, by a clock that may be wrong. */
  get hasLongGap(): boolean {
    return this.#gapMs > LONGEST_GAP_MS
  }

  /** Whether no song may be deleted for its age now. */
  get isAgingPaused(): boolean {
    return this.ageTime() === null
  }

  /** How much longer the machine has been up than the monotonic clock has counted: it slept. */
  #sleepMs(): number {
    return this.#source.uptimeMs() - this.#source.monotonicMs()
  }
}
