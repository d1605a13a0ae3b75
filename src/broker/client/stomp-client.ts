import { randomUUID } from 'node:crypto'
import { authorityOf } from '../../platform/address.ts'
import { messageOf } from '../../song/errors.ts'
import type { BrokerLog, Delivery, NewSubscription, Publication, Subscription } from '../contract.ts'
import type { Frame } from '../frame.ts'
import type { HeartBeats } from '../heart-beat.ts'
import { MAX_FRAME_BYTES } from '../limits.ts'
import { Publications } from './publications.ts'
import { ReconnectingConnection } from './reconnecting-connection.ts'
import { settingsHint } from './settings-hint.ts'
import type { BrokerAddress, StompConnection } from './stomp-connection.ts'

/** The part of the length of a frame that is reserved for the headers of a message. */
const HEADER_ROOM_BYTES = 4_096
/** How long a goodbye waits for the broker's receipt. */
const CLOSE_TIMEOUT_MS = 2_000
const RELEASING = 'releasing deliveries'

type Subscribed = NewSubscription & { id: string }

/**
 * A STOMP client for work that must not get lost. It has two connections. One publishes; the other consumes and acknowledges. A
 * broker short of memory or disk stops reading from publishers, but acknowledgements must still reach it. Each connection
 * reconnects when it breaks, and subscribes again.
 */
export class StompClient {
  readonly #log: BrokerLog
  readonly #address: BrokerAddress
  readonly #publishing: ReconnectingConnection
  readonly #consuming: ReconnectingConnection
  readonly #publications = new Publications()
  readonly #subscriptions = new Map<string, Subscribed>()
  readonly #receipts = new Map<string, () => void>()
  readonly #reconnectedListeners = new Set<() => void>()
  readonly #firstUp = Promise.withResolvers<void>()
  #lastComplaint = ''
  #wasUp = false

  constructor({ address, heartbeats, log }: { address: BrokerAddress; heartbeats: HeartBeats; log: BrokerLog }) {
    this.#log = log
    this.#address = address
    this.#publishing = new ReconnectingConnection({
      address,
      beats: heartbeats,
      events: {
        onUp: (connection) => {
          this.#publications.attach(connection)
          this.#reportUp()
        },
        onDown: (reason) => {
          this.#publications.detach()
          this.#reportDown(reason)
        },
        onFrame: (frame) => this.#publications.receive(frame),
      },
    })
    this.#consuming = new ReconnectingConnection({
      address,
      beats: heartbeats,
      events: {
        onUp: (connection) => {
          for (const subscribed of this.#subscriptions.values()) subscribe(connection, subscribed)
          this.#reportUp()
        },
        onDown: (reason) => {
          for (const settle of this.#receipts.values()) settle()
          this.#reportDown(reason)
        },
        onFrame: (frame) => this.#receive(frame),
      },
    })
  }

  /** Calls back whenever the broker is reached again after it was lost. */
  onReconnected(listener: () => void): void {
    this.#reconnectedListeners.add(listener)
  }

  get connected(): boolean {
    return this.#publishing.isUp && this.#consuming.isUp
  }

  /** Resolves when the broker is reached for the first time. */
  whenConnected(): Promise<void> {
    return this.#firstUp.promise
  }

  /** The address of this machine in the broker's network, once connected. */
  get localAddress(): string | undefined {
    return this.#publishing.connection?.localAddress
  }

  /**
   * Resolves when the broker has confirmed the message (RECEIPT). Waits while there is no connection, and sends the message
   * again after a connection broke, so it arrives at least once and may arrive twice. Rejects with the signal's reason.
   */
  publish(publication: Publication): Promise<void> {
    if (Buffer.byteLength(publication.body) > MAX_FRAME_BYTES - HEADER_ROOM_BYTES) {
      return Promise.reject(
        new Error(`A message of ${publication.body.length} characters is too large for the broker.`),
      )
    }
    return this.#publications.add(publication)
  }

  subscribe(subscription: NewSubscription): Subscription {
    const subscribed = { ...subscription, id: randomUUID() }
    this.#subscriptions.set(subscribed.id, subscribed)
    const { connection } = this.#consuming
    if (connection) subscribe(connection, subscribed)
    return { unsubscribe: () => this.#unsubscribe(subscribed) }
  }

  /** Reconnects the consuming connection, so that the broker gives every unacknowledged delivery to other subscribers at once. */
  releaseDeliveries(): void {
    this.#consuming.reconnect(RELEASING)
  }

  /** Disconnects for good; deliveries that are not acknowledged go to other subscribers. */
  async close(): Promise<void> {
    const { connection } = this.#consuming
    if (connection) await this.#sendWithReceipt(connection, { command: 'DISCONNECT', headers: {}, body: '' })
    await this.#publications.settled(CLOSE_TIMEOUT_MS)
    this.#publishing.close()
    this.#consuming.close()
    this.#publications.end(new Error('The connection to the broker was closed.'))
  }

  async #unsubscribe({ id }: Subscribed): Promise<void> {
    if (!this.#subscriptions.delete(id)) return
    const { connection } = this.#consuming
    if (connection) await this.#sendWithReceipt(connection, { command: 'UNSUBSCRIBE', headers: { id }, body: '' })
  }

  /** Resolves when the receipt has come, when the connection has ended, or after CLOSE_TIMEOUT_MS. */
  async #sendWithReceipt(connection: StompConnection, frame: Frame): Promise<void> {
    const receipt = randomUUID()
    const settled = Promise.withResolvers<void>()
    const timer = setTimeout(settled.resolve, CLOSE_TIMEOUT_MS)
    this.#receipts.set(receipt, settled.resolve)
    try {
      connection.send({ ...frame, headers: { ...frame.headers, receipt } })
      await settled.promise
    } finally {
      clearTimeout(timer)
      this.#receipts.delete(receipt)
    }
  }

  #receive(frame: Frame): void {
    if (frame.command === 'RECEIPT') this.#receipts.get(frame.headers['receipt-id'] ?? '')?.()
    if (frame.command === 'MESSAGE') this.#deliver(frame)
  }

  #deliver({ headers, body }: Frame): void {
    const { connection } = this.#consuming
    const subscribed = this.#subscriptions.get(headers['subscription'] ?? '')
    if (!connection || !subscribed) return
    let isSettled = subscribed.ack === 'auto'
    const settle = async (command: 'ACK' | 'NACK'): Promise<boolean> => {
      if (isSettled || connection !== this.#consuming.connection) return false
      isSettled = true
      return connection.send({ command, headers: settleHeaders(headers), body: '' })
    }
    const delivery: Delivery = {
      body,
      headers,
      redelivered: headers['redelivered'] === 'true',
      ack: () => settle('ACK'),
      nack: () => settle('NACK'),
    }
    void this.#handle(subscribed, delivery)
  }

  /** A message whose handler throws is refused, so that another subscriber gets it. */
  async #handle(subscribed: Subscribed, delivery: Delivery): Promise<void> {
    try {
      await subscribed.onDelivery(delivery)
    } catch (error) {
      this.#log.warn(`A message from ${subscribed.destination} could not be handled: ${messageOf(error)} - NACK`)
      await delivery.nack()
    }
  }

  #reportUp(): void {
    if (!this.connected) return
    this.#lastComplaint = ''
    const { host, port } = this.#address
    this.#log.info(`Connected to the broker at ${authorityOf(host, port)}.`)
    const isReconnected = this.#wasUp
    this.#wasUp = true
    this.#firstUp.resolve()
    if (isReconnected) for (const listener of this.#reconnectedListeners) listener()
  }

  #reportDown(reason: string): void {
    if (reason === RELEASING) return
    const { host, port, tls } = this.#address
    const complaint = `The broker at ${authorityOf(host, port)} is not reached: ${reason}${settingsHint(reason, { tls })}; trying again.`
    if (complaint === this.#lastComplaint) return
    this.#lastComplaint = complaint
    this.#log.warn(complaint)
  }
}

function subscribe(connection: StompConnection, { id, destination, prefetch, ack }: Subscribed): void {
  const headers = {
    id,
    destination,
    ack,
    // RabbitMQ's header, on every SUBSCRIBE: one without it inherits the last value of the connection.
    'prefetch-count': String(prefetch),
    // ActiveMQ's header.
    'activemq.prefetchSize': String(prefetch),
  }
  connection.send({ command: 'SUBSCRIBE', headers, body: '' })
}

/** STOMP 1.2 acknowledges by the `ack` header's value, 1.1 by message and subscription. */
function settleHeaders(headers: Record<string, string>): Record<string, string> {
  const { ack, 'message-id': messageId = '', subscription = '' } = headers
  return ack === undefined ? { 'message-id': messageId, subscription } : { id: ack }
}
