import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { messageOf } from '../song/errors.ts'
import { type Consumer, type EmbeddedQueues, type Message, QueueFull } from './embedded-queues.ts'
import { type Frame, FrameReader, writeFrame } from './frame.ts'
import { type HeartBeats, negotiate, Pulse, readHeartBeats } from './heart-beat.ts'

const LOGIN_TIMEOUT_MS = 10_000
/** A peer that does not read what it subscribed to is cut off. */
const MOST_UNSENT_BYTES = 8 << 20
const MOST_SUBSCRIPTIONS = 64
const DEFAULT_PREFETCH = 1_000
/** What the broker offers and asks when the client names its own: whatever the client wants. */
const OWN_BEATS: HeartBeats = { outMs: 1, inMs: 1 }
const SERVER_NAME = 'minus-one'
/** Headers of a SEND that mean something to us and are not passed on (STOMP 1.2, SEND). */
const OWN_HEADERS = new Set(['destination', 'receipt', 'transaction', 'content-length', 'expiration', 'persistent'])

type Options = { socket: Socket; queues: EmbeddedQueues; user: string; password: string; onClose(): void }

/** The broker's side of one connection. A fault of the peer is told in an ERROR frame and ends the connection. */
export class EmbeddedPeer {
  readonly #options: Options
  readonly #reader = new FrameReader()
  readonly #subscriptions = new Map<string, Consumer>()
  /** Frames of open transactions, kept until COMMIT. */
  readonly #transactions = new Map<string, Frame[]>()
  readonly #loginTimer: NodeJS.Timeout
  #pulse: Pulse | null = null
  #isOver = false
  #isLoggedIn = false

  constructor(options: Options) {
    this.#options = options
    const { socket } = options
    socket.setNoDelay(true)
    this.#loginTimer = setTimeout(() => this.#end(), LOGIN_TIMEOUT_MS)
    socket.on('data', (bytes) => this.#hear(bytes))
    socket.on('error', () => this.#end())
    socket.on('close', () => this.#end())
  }

  close(): void {
    this.#end()
  }

  #hear(bytes: Buffer): void {
    this.#pulse?.heard()
    try {
      for (const frame of this.#reader.read(bytes)) {
        if (this.#isOver) return
        this.#obey(frame)
      }
    } catch (error) {
      this.#refuse(messageOf(error), error instanceof QueueFull ? 'queue full' : 'protocol error')
    }
  }

  #obey(frame: Frame): void {
    if (!this.#isLoggedIn) {
      if (frame.command === 'CONNECT' || frame.command === 'STOMP') this.#login(frame)
      else this.#refuse('CONNECT comes first', 'protocol error')
      return
    }
    const { transaction } = frame.headers
    const isPart = transaction !== undefined && ['SEND', 'ACK', 'NACK'].includes(frame.command)
    if (isPart) this.#transaction(transaction).push(frame)
    else if (!this.#perform(frame)) return
    const { receipt } = frame.headers
    if (receipt !== undefined) this.#send('RECEIPT', { 'receipt-id': receipt })
    if (frame.command === 'DISCONNECT') this.#options.socket.end()
  }

  /** @returns false when the frame was refused */
  #perform(frame: Frame): boolean {
    switch (frame.command) {
      case 'SEND':
        return this.#publish(frame)
      case 'SUBSCRIBE':
        return this.#subscribe(frame)
      case 'UNSUBSCRIBE':
        return this.#unsubscribe(frame.headers['id'] ?? '')
      case 'ACK':
      case 'NACK':
        return this.#settle(frame)
      case 'BEGIN':
        this.#transactions.set(frame.headers['transaction'] ?? '', [])
        return true
      case 'COMMIT':
        return this.#commit(frame.headers['transaction'] ?? '')
      case 'ABORT':
        return this.#transactions.delete(frame.headers['transaction'] ?? '')
      case 'DISCONNECT':
        return true
      default:
        return this.#refuse(`${frame.command} is no command of a client`, 'protocol error')
    }
  }

  #login({ headers }: Frame): void {
    const { user, password, socket } = this.#options
    if (!isSame(headers['login'] ?? '', user) || !isSame(headers['passcode'] ?? '', password)) {
      this.#refuse('the login or the passcode is wrong', 'Bad CONNECT')
      return
    }
    const wanted = (headers['accept-version'] ?? '1.0').split(',')
    const version = ['1.2', '1.1'].find((each) => wanted.includes(each))
    if (!version) {
      this.#refuse('this broker speaks STOMP 1.1 and 1.2', 'version not supported')
      return
    }
    this.#isLoggedIn = true
    clearTimeout(this.#loginTimer)
    const beats = readHeartBeats(headers['heart-beat'])
    const answer = `${beats.inMs},${beats.outMs}`
    this.#send('CONNECTED', { version, server: SERVER_NAME, 'heart-beat': answer })
    this.#pulse = new Pulse({ socket, beats: negotiate(OWN_BEATS, beats), onSilence: () => this.#end() })
  }

  #publish({ headers, body }: Frame): boolean {
    const { destination, expiration } = headers
    if (!destination) return this.#refuse('a SEND needs a destination', 'protocol error')
    const expiresAt = /^\d{1,12}$/.test(expiration ?? '') ? Date.now() + Number(expiration) : null
    const passed = Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name))
    const message: Message = {
      headers: { ...Object.fromEntries(passed), destination },
      body,
      expiresAt,
      redelivered: false,
      refusedBy: null,
    }
    this.#options.queues.send(destination, message)
    return true
  }

  #subscribe({ headers }: Frame): boolean {
    const { id, destination, ack = 'auto' } = headers
    if (!id || !destination) return this.#refuse('a SUBSCRIBE needs an id and a destination', 'protocol error')
    if (this.#subscriptions.has(id)) return this.#refuse(`there is a subscription ${id} already`, 'protocol error')
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS) return this.#refuse('too many subscriptions', 'limit')
    const prefetch = Number(headers['prefetch-count'] ?? DEFAULT_PREFETCH)
    const consumer: Consumer = {
      destination,
      prefetch: Number.isInteger(prefetch) && prefetch > 0 ? prefetch : DEFAULT_PREFETCH,
      held: new Map(),
      isAuto: ack === 'auto',
      deliver: (message, ackId) => this.#deliver({ message, ackId, subscription: id }),
    }
    this.#subscriptions.set(id, consumer)
    this.#options.queues.add(consumer)
    return true
  }

  #unsubscribe(id: string): boolean {
    const consumer = this.#subscriptions.get(id)
    if (!consumer) return this.#refuse(`there is no subscription ${id}`, 'protocol error')
    this.#subscriptions.delete(id)
    this.#options.queues.remove(consumer)
    return true
  }

  #settle({ command, headers }: Frame): boolean {
    const id = headers['id'] ?? headers['message-id'] ?? ''
    const { queues } = this.#options
    for (const consumer of this.#subscriptions.values()) {
      if (command === 'ACK' ? queues.acknowledge(consumer, id) : queues.refuse(consumer, id)) return true
    }
    return this.#refuse(`nothing is held under ${id}`, 'unknown delivery')
  }

  #commit(transaction: string): boolean {
    const frames = this.#transaction(transaction)
    this.#transactions.delete(transaction)
    return frames.every((frame) => this.#perform(frame))
  }

  #transaction(name: string): Frame[] {
    const frames = this.#transactions.get(name)
    if (frames) return frames
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
    this.#send('MESSAGE', headers, message.body)
  }

  #send(command: string, headers: Record<string, string>, body = ''): void {
    if (this.#isOver) return
    const { socket } = this.#options
    socket.write(writeFrame({ command, headers, body }))
    this.#pulse?.sent()
    // Not now: this may be in the midst of giving out a queue's messages.
    if (socket.writableLength > MOST_UNSENT_BYTES) setImmediate(() => this.#end())
  }

  #refuse(detail: string, message: string): false {
    if (!this.#isOver) {
      this.#options.socket.end(writeFrame({ command: 'ERROR', headers: { message }, body: detail }))
      this.#end()
    }
    return false
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#loginTimer)
    this.#pulse?.stop()
    const { socket, queues, onClose } = this.#options
    for (const consumer of this.#subscriptions.values()) queues.remove(consumer)
    this.#subscriptions.clear()
    onClose()
    if (socket.writableLength > 0) socket.destroySoon()
    else socket.destroy()
  }
}

/** Compares in constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
