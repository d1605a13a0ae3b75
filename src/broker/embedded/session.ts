import { type Frame, writeFrame } from '../frame.ts'
import { MAX_FRAME_BYTES, MAX_HEAD_BYTES } from '../limits.ts'
import { type Account, costOf, LimitReached } from './budget.ts'
import type { Destinations } from './destinations.ts'
import type { Consumer, Message } from './queue.ts'

/** One for each model that a control message can name, and a few others of a worker. */
const MAX_SUBSCRIPTIONS = 260
/** Our programs use no transactions. STOMP clients that use them have one open at a time. */
const MAX_TRANSACTIONS = 16
const MAX_ID_CHARACTERS = 128
/** Room for the headers that a MESSAGE has in addition to its SEND: the id of the subscription, its own id, and the length. */
const DELIVERY_HEAD_BYTES = 1_024
const DEFAULT_PREFETCH = 1_000
/** Headers of a SEND that only the broker reads. It does not pass them on (STOMP 1.2, SEND). */
const OWN_HEADERS = new Set(['destination', 'receipt', 'transaction', 'content-length', 'expiration', 'persistent'])

type Transaction = { frames: Frame[]; bytes: number }
type Subscription = { consumer: Consumer; bytes: number }

/** The subscriptions and transactions of one peer that is logged in. Every method throws when a frame cannot be obeyed. */
export class Session {
  readonly #destinations: Destinations
  readonly #account: Account
  readonly #send: (frame: Frame) => void
  readonly #subscriptions = new Map<string, Subscription>()
  /** Frames of open transactions, kept until COMMIT. */
  readonly #transactions = new Map<string, Transaction>()

  constructor({
    destinations,
    account,
    send,
  }: {
    destinations: Destinations
    account: Account
    send(frame: Frame): void
  }) {
    this.#destinations = destinations
    this.#account = account
    this.#send = send
  }

  handle(frame: Frame): void {
    const { transaction } = frame.headers
    if (transaction !== undefined && ['SEND', 'ACK', 'NACK'].includes(frame.command))
      this.#addToTransaction(frame, transaction)
    else this.#perform(frame)
  }

  close(): void {
    for (const id of [...this.#subscriptions.keys()]) this.#unsubscribe(id)
    for (const name of [...this.#transactions.keys()]) this.#endTransaction(name)
    if (this.#account.bytes > 0) this.#destinations.abandon(this.#account)
  }

  #perform(frame: Frame): void {
    const { command, headers } = frame
    switch (command) {
      case 'SEND':
        this.#publish(frame)
        break
      case 'SUBSCRIBE':
        this.#subscribe(frame)
        break
      case 'UNSUBSCRIBE':
        this.#unsubscribe(headers['id'] ?? '')
        break
      case 'ACK':
      case 'NACK':
        this.#settle(frame)
        break
      case 'BEGIN':
        this.#begin(frame)
        break
      case 'COMMIT':
        for (const each of this.#endTransaction(headers['transaction'] ?? '')) this.#perform(each)
        break
      case 'ABORT':
        this.#endTransaction(headers['transaction'] ?? '')
        break
      case 'DISCONNECT':
        break
      default:
        throw new Error(`${command} is no command of a client`)
    }
  }

  #publish(frame: Frame): void {
    const { destination, expiration } = frame.headers
    if (!destination) throw new Error('a SEND needs a destination')
    const passed = Object.entries(frame.headers).filter(([name]) => !OWN_HEADERS.has(name))
    const message: Message = {
      headers: { ...Object.fromEntries(passed), destination },
      body: frame.body,
      bytes: costOf(frame),
      sender: this.#account,
      expiresAt: /^\d{1,12}$/.test(expiration ?? '') ? performance.now() + Number(expiration) : null,
      redelivered: false,
      refusedBy: null,
    }
    refuseUndeliverable(message)
    this.#destinations.send(destination, message)
  }

  #subscribe(frame: Frame): void {
    const { id, destination, ack = 'auto', 'prefetch-count': prefetchCount } = frame.headers
    if (!id || !destination) throw new Error('a SUBSCRIBE needs an id and a destination')
    if (id.length > MAX_ID_CHARACTERS) throw new Error(`an id has at most ${MAX_ID_CHARACTERS} characters`)
    if (this.#subscriptions.has(id)) throw new Error(`there is a subscription ${id} already`)
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw new LimitReached(`a peer has at most ${MAX_SUBSCRIPTIONS} subscriptions: unsubscribe first`)
    const prefetch = Number(prefetchCount ?? DEFAULT_PREFETCH)
    const bytes = costOf(frame)
    this.#account.charge(bytes)
    const consumer: Consumer = {
      destination,
      account: this.#account,
      prefetch: Number.isInteger(prefetch) && prefetch > 0 ? prefetch : DEFAULT_PREFETCH,
      unsettled: new Map(),
      unsettledBytes: 0,
      isAuto: ack === 'auto',
      deliver: (message, ackId) => this.#deliver({ message, ackId, subscription: id }),
    }
    this.#subscriptions.set(id, { consumer, bytes })
    this.#destinations.add(consumer)
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id)
    if (!subscription) throw new Error(`there is no subscription ${id}`)
    this.#subscriptions.delete(id)
    this.#account.change(-subscription.bytes)
    this.#destinations.remove(subscription.consumer)
  }

  #settle({ command, headers }: Frame): void {
    const id = headers['id'] ?? headers['message-id'] ?? ''
    for (const { consumer } of this.#subscriptions.values()) {
      if (command === 'ACK' ? this.#destinations.acknowledge(consumer, id) : this.#destinations.refuse(consumer, id))
        return
    }
    throw new Error(`no delivery ${id} waits for an acknowledgement`)
  }

  #begin(frame: Frame): void {
    const { transaction = '' } = frame.headers
    if (!transaction) throw new Error('a BEGIN needs a transaction')
    if (this.#transactions.has(transaction)) throw new Error(`there is a transaction ${transaction} already`)
    if (this.#transactions.size >= MAX_TRANSACTIONS)
      throw new LimitReached(`a peer has at most ${MAX_TRANSACTIONS} transactions open: commit or abort one first`)
    const bytes = costOf(frame)
    this.#account.charge(bytes)
    this.#transactions.set(transaction, { frames: [], bytes })
  }

  #addToTransaction(frame: Frame, name: string): void {
    const transaction = this.#transaction(name)
    const bytes = costOf(frame)
    this.#account.charge(bytes)
    transaction.frames.push(frame)
    transaction.bytes += bytes
  }

  #endTransaction(name: string): Frame[] {
    const { frames, bytes } = this.#transaction(name)
    this.#transactions.delete(name)
    this.#account.change(-bytes)
    return frames
  }

  #transaction(name: string): Transaction {
    const transaction = this.#transactions.get(name)
    if (transaction) return transaction
    throw new Error(`there is no transaction ${name}`)
  }

  #deliver({ message, ackId, subscription }: { message: Message; ackId: string; subscription: string }): void {
    const headers = {
      ...message.headers,
      subscription,
      'message-id': ackId,
      ack: ackId,
      redelivered: String(message.redelivered),
    }
    this.#send({ command: 'MESSAGE', headers, body: message.body })
  }
}

/** Throws for a message that no client could read as a frame. Otherwise it would go from one worker to the next for ever. */
function refuseUndeliverable({ headers, body }: Message): void {
  const head = writeFrame({ command: 'MESSAGE', headers, body: '' }).length + DELIVERY_HEAD_BYTES
  if (head > MAX_HEAD_BYTES || head + Buffer.byteLength(body) > MAX_FRAME_BYTES) {
    throw new Error(
      `a SEND has at most ${MAX_HEAD_BYTES - DELIVERY_HEAD_BYTES} bytes of headers and ${MAX_FRAME_BYTES - DELIVERY_HEAD_BYTES} bytes in all, so that its MESSAGE fits into a frame`,
    )
  }
}
