import { clockTime } from '../platform/clock-time.ts'
import { printableLine } from '../platform/printable.ts'
import { printError, redraw } from './terminal.ts'

const BAR_CELLS = 24
const PLAIN_EVERY_PERCENT = 10
const PLAIN_EVERY_SECONDS = 60

/**
 * Shows the progress of a song on standard error: a bar with the time left on a terminal, plain lines elsewhere. For a song of
 * unknown length it shows how much is done.
 */
export class ProgressLine {
  readonly #name: string
  readonly #totalSeconds: number | null
  readonly #isQuiet: boolean
  readonly #isTerminal = process.stderr.isTTY === true
  readonly #startedAt = performance.now()
  #shownPercent = -PLAIN_EVERY_PERCENT
  #shownSeconds = 0

  constructor({ name, totalSeconds, isQuiet }: { name: string; totalSeconds: number | null; isQuiet: boolean }) {
    this.#name = name
    this.#totalSeconds = totalSeconds
    this.#isQuiet = isQuiet
  }

  show(doneSeconds: number): void {
    if (this.#isQuiet) return
    if (this.#totalSeconds) this.#showShare(Math.min(1, doneSeconds / this.#totalSeconds))
    else if (this.#isTerminal) redraw(`${clockTime(Math.round(doneSeconds))} done  ${this.#name}`)
    else if (doneSeconds >= this.#shownSeconds + PLAIN_EVERY_SECONDS) {
      this.#shownSeconds = doneSeconds
      printError(`${printableLine(this.#name)}: ${clockTime(Math.round(doneSeconds))} done`)
    }
  }

  #showShare(share: number): void {
    const percent = Math.floor(100 * share)
    if (this.#isTerminal) redraw(`${this.#bar(share)} ${percent} %  ${this.#left(share)}  ${this.#name}`)
    else if (percent >= this.#shownPercent + PLAIN_EVERY_PERCENT) this.#showPlainly(percent)
  }

  end(): void {
    if (!this.#isQuiet) redraw('')
  }

  #showPlainly(percent: number): void {
    this.#shownPercent = percent - (percent % PLAIN_EVERY_PERCENT)
    printError(`${printableLine(this.#name)}: ${percent} %`)
  }

  #bar(share: number): string {
    const filled = Math.round(share * BAR_CELLS)
    return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`
  }

  #left(share: number): string {
    if (share === 0) return ''
    const elapsedSeconds = (performance.now() - this.#startedAt) / 1000
    return `${clockTime(Math.round((elapsedSeconds * (1 - share)) / share))} left`
  }
}
