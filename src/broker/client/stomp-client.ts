import { randomUUID } from 'node:crypto'
import { authorityOf } from '../../song/address.ts'
import { messageOf } from '../../song/errors.ts'
import type { BrokerLog, Delivery, NewSubscription, Publication, Subscription } from '../contract.ts'
import type { Frame } from '../frame.ts'
import { MOST_FRAME_BYTES } from '../frame.ts'
import type { HeartBeats } from '../heart-beat.ts'
import { Publications } from './publications.ts'
import { ReconnectingConnection } from './reconnecting-connection.ts'
import { settingsHint } from './settings-hint.ts'
import type { BrokerAddress, StompConnection } from './stomp-connection.ts'

const HEADER_ROOM_BYTES = 4_096
const CLOSE_TIMEOUT_MS = 2_000
const LETTING_GO = 'letting go of what is held'

type Held = NewSubscription & { id: string }

/**
 * A STOMP client for work that must not get lost: two connections, one that publishes and one that consumes and
 * acknowledges, because a broker short of memory or disk stops reading from whoever publishes, acknowledgements and all.
 * Both are dialled again when they break; subscriptions come back by themselves.
 */
export class StompClient {
  readonly #log: BrokerLog
  readonly #address: BrokerAddress
  readonly #publishing: ReconnectingConnection
  readonly #consuming: ReconnectingConnection
  readonly #publications: Publications
  readonly #subscriptions = new Map<string, Held>()
  readonly #receipts = new Map<string, () => void>()
  readonly #onReconnected: () => void
  readonly #firstUp = Promise.withResolvers<void>()
  #lastComplaint = ''
  #wasUp = false

  constructor({
    address,
    heartbeats,
    log,
    onReconnected = () => undefined,
  }: {
    address: BrokerAddress
    heartbeats: HeartBeats
    log: BrokerLog
    /** The broker is reached again after it was lost. */
    onReconnected?(): void
  }) {
    this.#log = log
    this.#address = address
    this.#onReconnected = onReconnected
    this.#publications = new Publications()
    this.#publishing = new ReconnectingConnection({
      address,
      beats: heartbeats,
      events: {
        onUp: (connection) => {
          this.#publications.attach(connection)
          this.#up()
        },
        onDown: (reason) => {
          this.#publications.detach()
          this.#down(reason)
        },
        onFrame: (frame) => this.#publications.hear(frame),
      },
    })
    this.#consuming = new ReconnectingConnection({
      address,
      beats: heartbeats,
      events: {
        onUp: (connection) => {
          for (const held of this.#subscriptions.values()) subscribe(connection, held)
          this.#up()
        },
        onDown: (reason) => {
          for (const settle of this.#receipts.values()) settle()
          this.#down(reason)
        },
        onFrame: (frame) => this.#hear(frame),
      },
    })
  }

  get connected(): boolean {
    return this.#publishing.isUp && this.#consuming.isUp
  }

  /** Resolves when the broker is reached for the first time. */
  whenConnected(): Promise<void> {
    return this.#firstUp.promise
  }

  /** This machine's address towards the broker, once connected. */
  get localAddress(): string | undefined {
    return this.#publishing.connection?.localAddress
  }

  /**
   * Resolves when the broker has confirmed it (RECEIPT). Waits while there is no connection, and is sent again after one
   * broke: it may arrive twice, never not at all. Rejects with the signal's reason.
   */
  publish(publication: Publication): Promise<void> {
    if (Buffer.byteLength(publication.body) > MOST_FRAME_BYTES - HEADER_ROOM_BYTES) {
      return Promise.reject(
        new Error(`A message of ${publication.body.length} characters is too large for the broker.`),
      )
    }
    return this.#publications.add(publication)
  }

  subscribe(subscription: NewSubscription): Subscription {
    const held = { ...subscription, id: randomUUID() }
    this.#subscriptions.set(held.id, held)
    const { connection } = this.#consuming
    if (connection) subscribe(connection, held)
    return { unsubscribe: () => this.#unsubscribe(held) }
  }

  /** Ends the consuming connection and dials anew: whatever is held unacknowledged goes to others at once. */
  letGo(): void {
    this.#consuming.drop(LETTING_GO)
  }

  /** Says goodbye; deliveries that are not acknowledged go to others. */
  async close(): Promise<void> {
    const { connection } = this.#consuming
    if (connection) await this.#sendWithReceipt(connection, { command: 'DISCONNECT', headers: {}, body: '' })
    await this.#publications.settled(CLOSE_TIMEOUT_MS)
    this.#publishing.close()
    this.#consuming.close()
    this.#publications.end(new Error('The connection to the broker was closed.'))
  }

  async #unsubscribe({ id }: Held): Promise<void> {
    if (!this.#subscriptions.delete(id)) return
    const { connection } = this.#consuming
    if (connection) await this.#sendWithReceipt(connection, { command: 'UNSUBSCRIBE', headers: { id }, body: '' })
  }

  /** Resolves with the receipt, with the end of the connection, or after two seconds. */
  async #sendWithReceipt(connection: StompConnection, frame: Frame): Promise<void> {
    const receipt = randomUUID()
    const settled = Promise.withResolvers<void>()
    const timer = setTimeout(settled.resolve, CLOSE_TIMEOUT_MS)
    this.#receipts.set(receipt, settled.resolve)
    connection.send({ ...frame, headers: { ...frame.headers, receipt } })
    await settled.promise
    clearTimeout(timer)
    this.#receipts.delete(receipt)
  }

  #hear(frame: Frame): void {
    if (frame.command === 'RECEIPT') this.#receipts.get(frame.headers['receipt-id'] ?? '')?.()
    if (frame.command === 'MESSAGE') this.#deliver(frame)
  }

  #deliver({ headers, body }: Frame): void {
    const { connection } = this.#consuming
    const held = this.#subscriptions.get(headers['subscription'] ?? '')
    if (!connection || !held) return
    let isSettled = held.ack === 'auto'
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
    void this.#handle(held, delivery)
  }

  /** A handler's fault must not lose the message: it goes to somebody else. */
  async #handle(held: Held, delivery: Delivery): Promise<void> {
    try {
      await held.onDelivery(delivery)
    } catch (error) {
      this.#log.warn(`A message from ${held.destination} could not be handled: ${messageOf(error)} - NACK`)
      await delivery.nack()
    }
  }

  #up(): void {
    if (!this.connected) return
    this.#lastComplaint = ''
    const { host, port } = this.#address
    this.#log.info(`Connected to the broker at ${authorityOf(host, port)}.`)
    if (this.#wasUp) this.#onReconnected()
    this.#wasUp = true
    this.#firstUp.resolve()
  }

  #down(reason: string): void {
    if (reason === LETTING_GO) return
    const { host, port, tls } = this.#address
    const complaint = `The broker at ${authorityOf(host, port)} is not reached: ${reason}${settingsHint(reason, { tls })}; trying again.`
    if (complaint === this.#lastComplaint) return
    this.#lastComplaint = complaint
    this.#log.warn(complaint)
  }
}

function subscribe(connection: StompConnection, { id, destination, prefetch, ack }: Held): void {
  const headers = {
    id,
    destination,
    ack,
    // RabbitMQ's name for it; on every SUBSCRIBE, because one that omits it inherits the last one's. Then ActiveMQ's.
    'prefetch-count': String(prefetch),
    'activemq.prefetchSize': String(prefetch),
  }
  connection.send({ command: 'SUBSCRIBE', headers, body: '' })
}

/** STOMP 1.2 acknowledges by the `ack` header's value, 1.1 by message and subscription. */
function settleHeaders(headers: Record<string, string>): Record<string, string> {
  const { ack, 'message-id': messageId = '', subscription = '' } = headers
  return ack === undefined ? { 'message-id': messageId, subscription } : { id: ack }
}
