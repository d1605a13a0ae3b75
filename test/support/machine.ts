import type { TimeSource } from '../../src/store/ledger/clock.ts'

export const YEAR_2026_MS = 1_800_000_000_000

/** A machine with clocks that the test sets. */
export class Machine implements TimeSource {
  #passedMs = 0
  #sleptMs = 0
  #wrongMs = 0
  readonly #startMs: number

  constructor(startMs = YEAR_2026_MS) {
    this.#startMs = startMs
  }

  monotonicMs = () => this.#passedMs
  uptimeMs = () => this.#passedMs + this.#sleptMs
  wallMs = () => this.#startMs + this.#passedMs + this.#sleptMs + this.#wrongMs

  pass(ms: number): void {
    this.#passedMs += ms
  }

  sleep(ms: number): void {
    this.#sleptMs += ms
  }

  stepClock(ms: number): void {
    this.#wrongMs += ms
  }
}
