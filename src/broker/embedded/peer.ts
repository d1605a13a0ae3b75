import type { Socket } from 'node:net'
import { messageOf } from '../../song/errors.ts'
import { type Frame, FrameReader, MOST_HEAD_BYTES, writeFrame } from '../frame.ts'
import { type HeartBeats, negotiate, Pulse, readHeartBeats } from '../heart-beat.ts'
import { type Account, LimitReached } from './budget.ts'
import type { Destinations } from './destinations.ts'
import type { LoginGuard } from './login-guard.ts'
import type { PendingLogin } from './pending-logins.ts'
import { Session } from './session.ts'

const LOGIN_TIMEOUT_MS = 10_000
/** Whoever guesses waits for each answer. */
const WRONG_LOGIN_DELAY_MS = 1_000
/** A peer that does not read what it subscribed to is cut off. */
const MOST_UNSENT_BYTES = 8 << 20
/** What a frame takes beside its bytes until it is sent. */
const UNSENT_FRAME_BYTES = 512
/** So long a peer has to read the last that was said to it. */
const LINGER_MS = 2_000
/** What the broker offers and asks when the client names its own: whatever the client wants. */
const OWN_BEATS: HeartBeats = { outMs: 1, inMs: 1 }
const SERVER_NAME = 'minus-one'

type Options = {
  socket: Socket
  network: string
  destinations: Destinations
  login: LoginGuard
  /** It has given the right password. @returns why it is not let in all the same; null: it is in */
  onLogin(peer: Peer): string | null
  /** Its socket is closed. */
  onClose(peer: Peer): void
  /** A peer that had logged in was closed because it took too much. */
  onLimit(reason: string): void
}

/** The broker's side of one connection. A fault of the peer is told in an ERROR frame and ends the connection. */
export class Peer implements PendingLogin {
  readonly network: string
  readonly #options: Options
  readonly #account: Account
  readonly #reader = new FrameReader()
  readonly #loginTimer: NodeJS.Timeout
  #refusalTimer: NodeJS.Timeout | null = null
  #pulse: Pulse | null = null
  #session: Session | null = null
  #isOver = false
  /** What is charged for a frame that has not come to its end. */
  #partialBytes = 0
  #unsentBytes = 0

  constructor(options: Options) {
    this.#options = options
    this.network = options.network
    this.#account = options.destinations.budget.open(() => this.#evict())
    const { socket } = options
    socket.setNoDelay(true)
    this.#loginTimer = setTimeout(() => this.close(), LOGIN_TIMEOUT_MS)
    socket.on('data', (bytes) => this.#hear(bytes))
    socket.on('error', () => this.close())
    socket.on('close', () => {
      this.#end()
      options.onClose(this)
    })
  }

  /** Ends the connection at once, whatever is unsent. */
  close(): void {
    this.#end()
    this.#options.socket.destroy()
  }

  #hear(bytes: Buffer): void {
    if (this.#isOver) return // it is only waited for that it reads what was said last
    this.#pulse?.heard()
    try {
      for (const frame of this.#reader.read(bytes)) {
        if (this.#isOver || this.#refusalTimer) return
        this.#obey(frame)
      }
      if (!this.#isOver) this.#countPartial()
    } catch (error) {
      this.#refuse(messageOf(error), error instanceof LimitReached ? 'limit reached' : 'protocol error')
    }
  }

  #obey(frame: Frame): void {
    const { command, headers } = frame
    if (this.#session) {
      this.#session.obey(frame)
      const { receipt } = headers
      if (receipt !== undefined) this.#send({ command: 'RECEIPT', headers: { 'receipt-id': receipt }, body: '' })
      if (command === 'DISCONNECT') this.#finish()
    } else if (command === 'CONNECT' || command === 'STOMP') this.#judge(frame)
    else throw new Error('CONNECT comes first')
  }

  #countPartial(): void {
    const { waitingBytes } = this.#reader
    if (!this.#session && waitingBytes > MOST_HEAD_BYTES) throw new Error('a CONNECT has no body')
    this.#account.charge(waitingBytes - this.#partialBytes)
    this.#partialBytes = waitingBytes
  }

  #judge({ headers }: Frame): void {
    const { login, socket } = this.#options
    const { login: user = '', passcode = '' } = headers
    const { isRight, reason } = login.judge({ network: this.network, login: user, passcode })
    if (!isRight) {
      socket.pause()
      this.#refusalTimer = setTimeout(() => this.#refuse(reason, 'Bad CONNECT'), WRONG_LOGIN_DELAY_MS)
      return
    }
    const wanted = (headers['accept-version'] ?? '1.0').split(',')
    const version = ['1.2', '1.1'].find((each) => wanted.includes(each))
    if (version) this.#begin(version, readHeartBeats(headers['heart-beat']))
    else this.#refuse('this broker speaks STOMP 1.1 and 1.2', 'version not supported')
  }

  #begin(version: string, beats: HeartBeats): void {
    const { destinations, socket, onLogin } = this.#options
    const refusal = onLogin(this)
    if (refusal !== null) throw new LimitReached(refusal)
    clearTimeout(this.#loginTimer)
    this.#session = new Session({ destinations, account: this.#account, send: (frame) => this.#send(frame) })
    const answer = `${beats.inMs},${beats.outMs}`
    this.#send({ command: 'CONNECTED', headers: { version, server: SERVER_NAME, 'heart-beat': answer }, body: '' })
    this.#pulse = new Pulse({ socket, beats: negotiate(OWN_BEATS, beats), onSilence: () => this.close() })
  }

  #send(frame: Frame): void {
    if (this.#isOver || this.#unsentBytes > MOST_UNSENT_BYTES) return
    const bytes = writeFrame(frame)
    this.#countUnsent(bytes.length + UNSENT_FRAME_BYTES)
    this.#options.socket.write(bytes, () => this.#countUnsent(-bytes.length - UNSENT_FRAME_BYTES))
    this.#pulse?.sent()
    // Not now: this may be in the midst of giving out a queue's messages.
    if (this.#unsentBytes > MOST_UNSENT_BYTES) setImmediate(() => this.close())
  }

  #countUnsent(bytes: number): void {
    this.#unsentBytes += bytes
    this.#account.change(bytes)
  }

  #evict(): void {
    this.#refuse('The broker is full, and this peer had the most of it.', 'limit reached')
  }

  #refuse(detail: string, message: string): void {
    if (this.#isOver) return
    if (message === 'limit reached') this.#options.onLimit(`${this.network}: ${detail}`)
    this.#options.socket.write(writeFrame({ command: 'ERROR', headers: { message }, body: detail }))
    this.#finish()
  }

  /** Ends the connection once the peer has read what was said last, or after a while. */
  #finish(): void {
    const { socket } = this.#options
    this.#end()
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
    socket.resume()
    socket.end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#loginTimer)
    if (this.#refusalTimer) clearTimeout(this.#refusalTimer)
    this.#pulse?.stop()
    this.#account.close() // first of all, so that what it held does not come back to it
    this.#account.change(-this.#partialBytes)
    this.#session?.close()
  }
}
