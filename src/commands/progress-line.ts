const BAR_CELLS = 24
const PLAIN_EVERY_PERCENT = 10

/** Tells on standard error how far a song is: a bar with the time left on a terminal, plain lines elsewhere. */
export class ProgressLine {
  readonly #name: string
  readonly #totalSeconds: number | null
  readonly #isQuiet: boolean
  readonly #isTerminal = process.stderr.isTTY === true
  readonly #startedAt = performance.now()
  #toldPercent = -PLAIN_EVERY_PERCENT

  constructor({ name, totalSeconds, isQuiet }: { name: string; totalSeconds: number | null; isQuiet: boolean }) {
    this.#name = name
    this.#totalSeconds = totalSeconds
    this.#isQuiet = isQuiet
  }

  show(doneSeconds: number): void {
    if (this.#isQuiet) return
    const share = this.#totalSeconds ? Math.min(1, doneSeconds / this.#totalSeconds) : 0
    const percent = Math.floor(100 * share)
    if (this.#isTerminal)
      process.stderr.write(`\r\x1b[2K${this.#bar(share)} ${percent} %  ${this.#left(share)}  ${this.#name}`)
    else if (percent >= this.#toldPercent + PLAIN_EVERY_PERCENT) this.#tellPlainly(percent)
  }

  end(): void {
    if (this.#isTerminal && !this.#isQuiet) process.stderr.write('\r\x1b[2K')
  }

  #tellPlainly(percent: number): void {
    this.#toldPercent = percent - (percent % PLAIN_EVERY_PERCENT)
    process.stderr.write(`${this.#name}: ${percent} %\n`)
  }

  #bar(share: number): string {
    const filled = Math.round(share * BAR_CELLS)
    return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`
  }

  #left(share: number): string {
    if (share === 0) return ''
    const elapsedSeconds = (performance.now() - this.#startedAt) / 1000
    const seconds = Math.round((elapsedSeconds * (1 - share)) / share)
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`
  }
}
