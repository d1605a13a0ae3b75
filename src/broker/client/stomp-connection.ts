import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { messageOf } from '../../song/errors.ts'
import { type Frame, FrameReader, writeFrame } from '../frame.ts'
import { type HeartBeats, negotiate, Pulse, readHeartBeats } from '../heart-beat.ts'

export type BrokerAddress = {
  host: string
  port: number
  user: string
  /** Read anew for each connection. */
  readonly password: string
  vhost: string
  tls: boolean
}

const CONNECT_TIMEOUT_MS = 10_000
/** Unsent bytes after which the broker is taken for dead: our messages are small. */
const MOST_UNSENT_BYTES = 8 << 20

export type ConnectionEvents = {
  onFrame(frame: Frame): void
  /** Told once, whatever ended the connection. */
  onClose(reason: string): void
}

/**
 * One TCP connection to a STOMP broker, from CONNECT to its end. Any fault, an ERROR frame included, ends it: RabbitMQ
 * keeps a connection open after most errors with its subscriptions dead, so closing is the only way to know where one is.
 */
export class StompConnection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #reader = new FrameReader()
  readonly #connectTimer: NodeJS.Timeout
  readonly #beats: HeartBeats
  #pulse: Pulse | null = null
  #isConnected = false
  #isOver = false
  readonly #ready = Promise.withResolvers<void>()

  constructor({ address, beats, events }: { address: BrokerAddress; beats: HeartBeats; events: ConnectionEvents }) {
    this.#events = events
    this.#beats = beats
    const { host, port, tls } = address
    this.#ready.promise.catch(() => undefined)
    this.#connectTimer = setTimeout(
      () => this.#end(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`),
      CONNECT_TIMEOUT_MS,
    )
    this.#socket = tls ? connectTls({ host, port, servername: isIP(host) ? '' : host }) : connect({ host, port })
    this.#socket.setNoDelay(true)
    this.#socket.on(tls ? 'secureConnect' : 'connect', () => this.#greet(address))
    this.#socket.on('data', (bytes) => this.#hear(bytes))
    this.#socket.on('error', (error) => this.#end(messageOf(error)))
    this.#socket.on('close', () => this.#end('the broker closed the connection'))
  }

  /** Resolves when the broker has accepted us; rejects with what it said otherwise. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** The address of this machine as the broker's network sees it. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress
  }

  /** False when the connection is over; what was sent may then have arrived or not. */
  send(frame: Frame): boolean {
    if (this.#isOver) return false
    this.#socket.write(writeFrame(frame))
    this.#pulse?.sent()
    if (this.#socket.writableLength > MOST_UNSENT_BYTES) this.#end('the broker reads nothing')
    return !this.#isOver
  }

  close(reason: string): void {
    this.#end(reason)
  }

  #greet({ user, password, vhost }: BrokerAddress): void {
    const { outMs, inMs } = this.#beats
    const headers = {
      'accept-version': '1.1,1.2',
      host: vhost,
      login: user,
      passcode: password,
      'heart-beat': `${outMs},${inMs}`,
    }
    this.send({ command: 'CONNECT', headers, body: '' })
  }

  #hear(bytes: Buffer): void {
    this.#pulse?.heard()
    try {
      for (const frame of this.#reader.read(bytes)) {
        if (this.#isOver) return
        this.#obey(frame)
      }
    } catch (error) {
      this.#end(`not STOMP: ${messageOf(error)}`)
    }
  }

  #obey(frame: Frame): void {
    if (frame.command === 'ERROR') {
      const said = [frame.headers['message'], frame.body].filter(Boolean).join(': ')
      this.#end(`the broker said: ${said.replace(/\s+/g, ' ').slice(0, 300)}`)
    } else if (this.#isConnected) {
      this.#events.onFrame(frame)
    } else if (frame.command === 'CONNECTED') {
      this.#isConnected = true
      clearTimeout(this.#connectTimer)
      const beats = negotiate(this.#beats, readHeartBeats(frame.headers['heart-beat']))
      const onSilence = () => this.#end('the broker has been silent for two heart-beats')
      this.#pulse = new Pulse({ socket: this.#socket, beats, onSilence })
      this.#ready.resolve()
    } else {
      this.#end(`${frame.command} before CONNECTED`)
    }
  }

  #end(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#connectTimer)
    this.#pulse?.stop()
    this.#socket.destroy()
    this.#ready.reject(new Error(reason))
    this.#events.onClose(reason)
  }
}
