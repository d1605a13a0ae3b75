import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { EventLog } from './event-log.ts'

/**
 * One listener: a place in the log that all share, or in the snapshot. It is written the next portion when its connection has
 * taken the last one, so one that does not read costs nothing but that portion. A connection on which nothing moves for long is
 * closed by the port.
 */
export class EventReader {
  readonly #response: ServerResponse
  readonly #songId: number | null
  readonly #log: EventLog
  readonly #present: (() => Iterator<string | Buffer>) | null
  /** The event it has heard last, or that its snapshot begins after. */
  #after: number
  /** What is left of the snapshot that it is told. */
  #snapshot: Iterator<string | Buffer> | null = null
  #isOver = false
  #wake = (): void => undefined

  /**
   * @param after what it has heard last; null when it is to hear the present state first
   * @param present the present state in portions, told also when it has fallen behind what is kept; null when its stream ends then
   */
  constructor({
    response,
    songId,
    log,
    after,
    present,
  }: {
    response: ServerResponse
    songId: number | null
    log: EventLog
    after: number | null
    present: (() => Iterator<string | Buffer>) | null
  }) {
    this.#response = response
    this.#songId = songId
    this.#log = log
    this.#present = present
    this.#after = after ?? log.lastId
    if (after === null && present) this.#snapshot = present()
    this.#isOver = response.destroyed
    response.on('drain', () => this.wake())
    response.on('close', () => this.close())
    response.on('error', () => this.close())
  }

  /** Resolves when it hears no more. */
  async run(): Promise<void> {
    const response = this.#response
    response.write('retry: 1000\n\n')
    while (!this.#isOver) {
      const text = response.writableNeedDrain ? '' : this.#next()
      if (text === null) this.#isOver = true
      else if (text === '') await new Promise<void>((resolve) => (this.#wake = resolve))
      else {
        response.write(text)
        // The others have their turn.
        await setImmediate()
      }
    }
    response.end()
  }

  /** There is more to hear, or the connection takes more. */
  wake(): void {
    this.#wake()
  }

  keepAlive(): void {
    const isIdle = this.#snapshot === null && !this.#response.writableNeedDrain
    if (isIdle && !this.#isOver) this.#response.write(': still here\n\n')
  }

  close(): void {
    this.#isOver = true
    this.#wake()
  }

  /** Empty when it has heard all there is; null when it cannot go on. */
  #next(): string | Buffer | null {
    if (this.#snapshot) return this.#nextOfSnapshot(this.#snapshot)
    for (;;) {
      const read = this.#log.read({ after: this.#after, songId: this.#songId })
      if (read) {
        const isAll = read.lastId === this.#log.lastId
        this.#after = read.lastId
        if (read.text !== '' || isAll) return read.text
      } else if (this.#present) {
        this.#after = this.#log.lastId
        this.#snapshot = this.#present()
        return this.#nextOfSnapshot(this.#snapshot)
      } else return null
    }
  }

  /** Only its end has an id: whoever was cut off before that has to hear it again. */
  #nextOfSnapshot(snapshot: Iterator<string | Buffer>): string | Buffer {
    const { done, value } = snapshot.next()
    if (!done) return value
    this.#snapshot = null
    return `id: ${this.#after}\n\n`
  }
}
