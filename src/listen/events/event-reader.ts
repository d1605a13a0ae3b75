import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { EventLog } from './event-log.ts'

/**
 * One listener: a place in the log that all share, or in the snapshot. It gets the next portion when its connection has taken
 * the last one, so a listener that does not read costs only that portion. The port closes a connection on which nothing moves.
 */
export class EventReader {
  readonly #response: ServerResponse
  readonly #songId: number | null
  readonly #log: EventLog
  readonly #present: (() => Iterator<string | Buffer>) | null
  /** The last event that it was sent, or the one after which its snapshot was begun. */
  #after: number
  /** What is still to be sent of the snapshot; null outside of one. */
  #snapshot: Iterator<string | Buffer> | null = null
  #isOver = false
  #wake = (): void => undefined

  /**
   * @param after the last event that it knows; null when it is to get the present state first
   * @param present makes the present state in portions, also for a listener that has fallen behind the log; null when its stream
   *   is to end then
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
        // Other listeners and requests get their turn.
        await setImmediate()
      }
    }
    response.end()
  }

  /** To be called when there is more to send, or the connection takes more. */
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

  /** The next portion; empty when there is none yet, null when the stream has to end. */
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

  /** Only the end of a snapshot has an id: a listener that was cut off before gets all of it again. */
  #nextOfSnapshot(snapshot: Iterator<string | Buffer>): string | Buffer {
    const { done, value } = snapshot.next()
    if (!done) return value
    this.#snapshot = null
    return `id: ${this.#after}\n\n`
  }
}
