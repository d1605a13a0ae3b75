import { type Backoff, backoffMs, withJitter } from '../../platform/backoff.ts'
import type { Frame } from '../frame.ts'
import type { HeartBeats } from '../heart-beat.ts'
import { type BrokerAddress, StompConnection } from './stomp-connection.ts'

/** The delay grows slowly, so that a worker reconnects within seconds after a cable is plugged in again. */
const RECONNECT_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 15_000, growth: 1.5 }
/** Spreads the reconnects of many workers after a restart of the broker. */
const RECONNECT_JITTER = 0.5

export type ReconnectingEvents = {
  onUp(connection: StompConnection): void
  onDown(reason: string): void
  onFrame(frame: Frame): void
}

/** A connection to the broker that reconnects whenever it breaks. */
export class ReconnectingConnection {
  readonly #address: BrokerAddress
  readonly #beats: HeartBeats
  readonly #events: ReconnectingEvents
  #connection: StompConnection | null = null
  #isUp = false
  #isClosed = false
  #failures = 0
  #reconnectTimer: NodeJS.Timeout | null = null

  constructor({ address, beats, events }: { address: BrokerAddress; beats: HeartBeats; events: ReconnectingEvents }) {
    this.#address = address
    this.#beats = beats
    this.#events = events
    this.#connect()
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** The present connection; null while the broker is not reached. */
  get connection(): StompConnection | null {
    return this.#isUp ? this.#connection : null
  }

  /** Closes the present connection; a new one follows. */
  reconnect(reason: string): void {
    this.#connection?.close(reason)
  }

  /** Closes the connection for good. */
  close(): void {
    this.#isClosed = true
    if (this.#reconnectTimer) clearTimeout(this.#reconnectTimer)
    this.#connection?.close('closed')
  }

  #connect(): void {
    const connection = new StompConnection({
      address: this.#address,
      beats: this.#beats,
      events: {
        onFrame: (frame) => this.#events.onFrame(frame),
        onClose: (reason) => this.#reconnectLater(reason),
      },
    })
    this.#connection = connection
    connection.ready.then(
      () => {
        this.#isUp = true
        this.#failures = 0
        this.#events.onUp(connection)
      },
      () => undefined, // onClose gets the reason
    )
  }

  #reconnectLater(reason: string): void {
    this.#isUp = false
    this.#connection = null
    if (this.#isClosed) return
    this.#failures++
    const waitMs = withJitter(backoffMs(RECONNECT_BACKOFF, this.#failures), RECONNECT_JITTER)
    this.#reconnectTimer = setTimeout(() => this.#connect(), waitMs)
    this.#events.onDown(reason)
  }
}
