import type { Frame } from '../frame.ts'
import type { HeartBeats } from '../heart-beat.ts'
import { type BrokerAddress, StompConnection } from './stomp-connection.ts'

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 15_000
/** Doubling made a worker wait up to six seconds behind a cable that was whole again. */
const DELAY_GROWTH = 1.5

export type ReconnectingEvents = {
  onUp(connection: StompConnection): void
  onDown(reason: string): void
  onFrame(frame: Frame): void
}

/** A connection that is made again whenever it breaks: after 1, 1.5, 2.3 … 15 s, each time up to half of it later by chance. */
export class ReconnectingConnection {
  readonly #address: BrokerAddress
  readonly #beats: HeartBeats
  readonly #events: ReconnectingEvents
  #connection: StompConnection | null = null
  #isUp = false
  #isClosed = false
  #failures = 0
  #redial: NodeJS.Timeout | null = null

  constructor({ address, beats, events }: { address: BrokerAddress; beats: HeartBeats; events: ReconnectingEvents }) {
    this.#address = address
    this.#beats = beats
    this.#events = events
    this.#dial()
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get connection(): StompConnection | null {
    return this.#isUp ? this.#connection : null
  }

  /** Ends the present connection; a new one is dialled. */
  drop(reason: string): void {
    this.#connection?.close(reason)
  }

  close(): void {
    this.#isClosed = true
    if (this.#redial) clearTimeout(this.#redial)
    this.#connection?.close('closed')
  }

  #dial(): void {
    const connection = new StompConnection({
      address: this.#address,
      beats: this.#beats,
      events: {
        onFrame: (frame) => this.#events.onFrame(frame),
        onClose: (reason) => this.#lost(reason),
      },
    })
    this.#connection = connection
    connection.ready.then(
      () => {
        this.#isUp = true
        this.#failures = 0
        this.#events.onUp(connection)
      },
      () => undefined, // onClose tells why
    )
  }

  #lost(reason: string): void {
    this.#isUp = false
    this.#connection = null
    if (this.#isClosed) return
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * DELAY_GROWTH ** this.#failures)
    this.#failures++
    this.#redial = setTimeout(() => this.#dial(), delay * (1 + Math.random() / 2))
    this.#events.onDown(reason)
  }
}
