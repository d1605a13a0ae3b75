import type { Socket } from 'node:net'
import { messageOf } from '../../song/errors.ts'
import { type Frame, FrameReader, writeFrame } from '../frame.ts'
import { HeartBeatMonitor, type HeartBeats, negotiate, readHeartBeats } from '../heart-beat.ts'
import { LOGIN_TIMEOUT_MS, MAX_HEAD_BYTES, MAX_UNSENT_BYTES } from '../limits.ts'
import { type Account, LimitReached } from './budget.ts'
import type { Destinations } from './destinations.ts'
import type { LoginGuard } from './login-guard.ts'
import type { PendingLogin } from './pending-logins.ts'
import { Session } from './session.ts'

/** The answer to a wrong password is delayed, to slow down guessing. */
const WRONG_LOGIN_DELAY_MS = 1_000
/** The memory that a frame takes until it is sent, without its bytes. */
const UNSENT_FRAME_BYTES = 512
/** How long a peer has to read the last frame before its connection is closed. */
const LINGER_MS = 2_000
/** The broker accepts the intervals of heart-beats that the client asks for. */
const OWN_BEATS: HeartBeats = { outMs: 1, inMs: 1 }
const SERVER_NAME = 'minus-one'

type Options = {
  socket: Socket
  network: string
  destinations: Destinations
  login: LoginGuard
  /**
   * Called after the right password.
   * @returns why the peer is still refused; null when it is accepted
   */
  onLogin(peer: Peer): string | null
  /** Called when its socket has closed. */
  onClose(peer: Peer): void
  /** Called when the peer is closed because it exceeded a limit. */
  onLimit(reason: string): void
}

/** The broker's side of one connection. After any fault of the peer, it sends an ERROR frame and ends the connection. */
export class Peer implements PendingLogin {
  readonly network: string
  readonly #options: Options
  readonly #account: Account
  readonly #reader = new FrameReader()
  readonly #loginTimer: NodeJS.Timeout
  #refusalTimer: NodeJS.Timeout | null = null
  #monitor: HeartBeatMonitor | null = null
  #session: Session | null = null
  #isOver = false
  /** The memory charged for an incomplete frame. */
  #partialBytes = 0
  #unsentBytes = 0

  constructor(options: Options) {
    this.#options = options
    this.network = options.network
    this.#account = options.destinations.budget.open(() => this.#evict())
    const { socket } = options
    socket.setNoDelay(true)
    this.#loginTimer = setTimeout(() => this.close(), LOGIN_TIMEOUT_MS)
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.on('error', () => this.close())
    socket.on('close', () => {
      this.#end()
      options.onClose(this)
    })
  }

  /** Ends the connection at once. Unsent bytes are lost. */
  close(): void {
    this.#end()
    this.#options.socket.destroy()
  }

  #receive(bytes: Buffer): void {
    if (this.#isOver) return // the peer only has time left to read the last frame
    this.#monitor?.received()
    try {
      for (const frame of this.#reader.read(bytes)) {
        if (this.#isOver || this.#refusalTimer) return
        this.#handle(frame)
      }
      if (!this.#isOver) this.#chargePartial()
    } catch (error) {
      this.#refuse(messageOf(error), error instanceof LimitReached ? 'limit reached' : 'protocol error')
    }
  }

  #handle(frame: Frame): void {
    const { command, headers } = frame
    if (this.#session) {
      this.#session.handle(frame)
      const { receipt } = headers
      if (receipt !== undefined) this.#send({ command: 'RECEIPT', headers: { 'receipt-id': receipt }, body: '' })
      if (command === 'DISCONNECT') this.#finish()
    } else if (command === 'CONNECT' || command === 'STOMP') this.#logIn(frame)
    else throw new Error('CONNECT must come first')
  }

  #chargePartial(): void {
    const { waitingBytes } = this.#reader
    if (!this.#session && waitingBytes > MAX_HEAD_BYTES) throw new Error('a CONNECT has no body')
    this.#account.charge(waitingBytes - this.#partialBytes)
    this.#partialBytes = waitingBytes
  }

  #logIn({ headers }: Frame): void {
    const { login, socket } = this.#options
    const { login: user = '', passcode = '' } = headers
    const { isRight, reason } = login.check({ network: this.network, login: user, passcode })
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
    this.#monitor = new HeartBeatMonitor({ socket, beats: negotiate(OWN_BEATS, beats), onSilence: () => this.close() })
  }

  #send(frame: Frame): void {
    if (this.#isOver || this.#unsentBytes > MAX_UNSENT_BYTES) return
    const bytes = writeFrame(frame)
    this.#countUnsent(bytes.length + UNSENT_FRAME_BYTES)
    this.#options.socket.write(bytes, () => this.#countUnsent(-bytes.length - UNSENT_FRAME_BYTES))
    this.#monitor?.sent()
    // The peer is closed later, because the destinations may be in the middle of a delivery.
    if (this.#unsentBytes > MAX_UNSENT_BYTES) setImmediate(() => this.close())
  }

  #countUnsent(bytes: number): void {
    this.#unsentBytes += bytes
    this.#account.change(bytes)
  }

  #evict(): void {
    this.#refuse('The broker is full, and this peer takes the most of it.', 'limit reached')
  }

  #refuse(detail: string, message: string): void {
    if (this.#isOver) return
    if (message === 'limit reached') this.#options.onLimit(`${this.network}: ${detail}`)
    this.#options.socket.write(writeFrame({ command: 'ERROR', headers: { message }, body: detail }))
    this.#finish()
  }

  /** Ends the connection once the peer has read the last frame, or after LINGER_MS. */
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
    this.#monitor?.stop()
    this.#account.close() // first, so that what it has not settled does not come back to it
    this.#account.change(-this.#partialBytes)
    this.#session?.close()
  }
}
