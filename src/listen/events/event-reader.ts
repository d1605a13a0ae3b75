import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { EventLog } from './event-log.ts'

/**
 * Sends events to one listener: first the present state if it needs that, then the log. It makes the next portion only after the
 * connection has taken the last one, so a listener that does not read needs memory for one portion only. The port closes the
 * connection of such a listener.
 */
export class EventReader {
  readonly #response: ServerResponse
  readonly #songId: number | null
  readonly #log: EventLog
  readonly #present: (() => Iterator<string | Buffer>) | null
  /** The id of the last event sent. For the present state, the id of the last event at its beginning. */
  #after: number
  /** The rest of the present state. Null while events of the log are sent. */
  #rest: Iterator<string | Buffer> | null = null
  #isOver = false
  #wake = (): void => undefined

  /**
   * @param after the id of the last event that the listener knows; null if it needs the present state first
   * @param present makes the present state in portions, for a new listener and for one that needs events no longer in the log;
   *   null to end the stream instead
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
    if (after === null && present) this.#rest = present()
    this.#isOver = response.destroyed
    response.on('drain', () => this.wake())
    response.on('close', () => this.close())
    response.on('error', () => this.close())
  }

  /** Sends events until the connection is closed or the stream ends. */
  async run(): Promise<void> {
    const response = this.#response
    response.write('retry: 1000\n\n')
    while (!this.#isOver) {
      const text = response.writableNeedDrain ? '' : this.#next()
      if (text === null) this.#isOver = true
      else if (text === '') await new Promise<void>((resolve) => (this.#wake = resolve))
      else {
        response.write(text)
        // Other listeners and requests run in between.
        await setImmediate()
      }
    }
    response.end()
  }

  /** Must be called when there is more to send or the connection takes more. */
  wake(): void {
    this.#wake()
  }

  /** Sends a comment if nothing else is being sent, so that proxies keep the connection. */
  keepAlive(): void {
    const isIdle = this.#rest === null && !this.#response.writableNeedDrain
    if (isIdle && !this.#isOver) this.#response.write(': still here\n\n')
  }

  close(): void {
    this.#isOver = true
    this.#wake()
  }

  /** The next portion. Empty if there is none yet, null if the stream must end. */
  #next(): string | Buffer | null {
    if (this.#rest) return this.#nextOfPresent(this.#rest)
    for (;;) {
      const read = this.#log.read({ after: this.#after, songId: this.#songId })
      if (read) {
        const isAll = read.lastId === this.#log.lastId
        this.#after = read.lastId
        if (read.text !== '' || isAll) return read.text
      } else if (this.#present) {
        this.#after = this.#log.lastId
        this.#rest = this.#present()
        return this.#nextOfPresent(this.#rest)
      } else return null
    }
  }

  /** Only the end of the present state has an id, so a listener that is cut off before the end gets all of it again. */
  #nextOfPresent(rest: Iterator<string | Buffer>): string | Buffer {
    const { done, value } = rest.next()
    if (!done) return value
    this.#rest = null
    return `id: ${this.#after}\n\n`
  }
}
