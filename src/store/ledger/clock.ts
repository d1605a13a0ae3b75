import { uptime } from 'node:os'
import { DAY_MS, HOUR_MS } from '../../platform/durations.ts'

const SECOND_MS = 1_000
/** A wall clock is trusted again after running this long without a step. */
const TRUSTED_AFTER_MS = DAY_MS
/** A longer gap is never counted, because a clock that is wrong by months looks the same. Only an operator can confirm it. */
const MAX_COUNTED_GAP_MS = 7 * DAY_MS
/** A larger step of the wall clock is not an ordinary correction (NTP). */
const MAX_CORRECTION_MS = HOUR_MS
/** Between two starts in quick succession, the wall clock may have been corrected by up to this much. */
const TOLERANCE_MS = 60_000

/** The clocks of the machine. All values are milliseconds. The first two never go backwards. */
export type TimeSource = {
  /** Time since an arbitrary moment. Does not advance while the machine sleeps (CLOCK_MONOTONIC). */
  monotonicMs(): number
  /** Time since the machine booted, sleep included (CLOCK_BOOTTIME). */
  uptimeMs(): number
  /** Time since 1970. The machine's time of day, which may step (CLOCK_REALTIME). */
  wallMs(): number
}

const MACHINE: TimeSource = {
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * SECOND_MS,
  wallMs: () => Date.now(),
}

/**
 * The ledger's clock: milliseconds since 1970. It never steps and never goes backwards, whatever happens to the wall clock.
 * It starts at the later of the wall clock and the newest time in the ledger, and advances with the monotonic clock. So a
 * duration between two ledger times is never negative. It is exact if both times were taken during one run of the server.
 *
 * Whether a song is old enough to be deleted is a separate question, because a wrong wall clock must not delete songs: see
 * `ageTime`.
 */
export class SteadyClock {
  readonly #source: TimeSource
  readonly #monotonicStartMs: number
  #anchorMs: number
  #sleptMs: number
  /** Wall clock minus ledger clock, at the last check. */
  #offsetMs: number
  #isAgingPaused: boolean
  /** Ledger time of the last wall clock step, or of the server's start. */
  #steadySinceMs: number
  /** Time between the newest time in the ledger and this start. Either the server was off, or the wall clock was wrong. */
  readonly #gapMs: number

  /**
   * @param newestMs the newest time in the ledger, or 0 if it has none
   * @param isTrusted an operator has checked the wall clock and confirms that it is right
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
    this.#gapMs = !isTrusted && gapMs > MAX_CORRECTION_MS ? gapMs : 0
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    return Math.floor(this.#anchorMs + this.#source.monotonicMs() - this.#monotonicStartMs)
  }

  /**
   * The time that a song's age is measured by, or null while no song may be deleted for its age. It is null for 24 hours
   * after the wall clock stepped by more than an hour, and for 24 hours after a start whose wall clock was behind the newest
   * time in the ledger. The gap before this start counts only after 24 hours. A gap of more than a week never counts.
   */
  ageTime(): number | null {
    const isTrusted = this.now() - this.#steadySinceMs >= TRUSTED_AFTER_MS
    if (this.#isAgingPaused && !isTrusted) return null
    const uncountedMs = !isTrusted || this.hasLongGap ? this.#gapMs : 0
    return Math.min(this.now(), this.#source.wallMs()) - uncountedMs
  }

  /**
   * Checks whether the wall clock has stepped. Call it every few seconds.
   * @returns the step in milliseconds if it is more than an hour, else 0
   */
  detectStep(): number {
    const sleptMs = this.#sleepMs()
    if (sleptMs - this.#sleptMs > SECOND_MS) {
      this.#anchorMs += sleptMs - this.#sleptMs
      this.#sleptMs = sleptMs
    }
    const offsetMs = this.#source.wallMs() - this.now()
    const stepMs = offsetMs - this.#offsetMs
    if (Math.abs(stepMs) <= MAX_CORRECTION_MS) return 0
    this.#offsetMs = offsetMs
    this.#isAgingPaused = true
    this.#steadySinceMs = this.now()
    return stepMs
  }

  /** Whether the gap before this start is longer than a week, by a wall clock that may be wrong. */
  get hasLongGap(): boolean {
    return this.#gapMs > MAX_COUNTED_GAP_MS
  }

  /** Whether songs may not be deleted for their age now. */
  get isAgingPaused(): boolean {
    return this.ageTime() === null
  }

  /** Total time that the machine has slept: uptime minus monotonic time. */
  #sleepMs(): number {
    return this.#source.uptimeMs() - this.#source.monotonicMs()
  }
}
