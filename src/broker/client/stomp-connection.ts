import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { messageOf } from '../../song/errors.ts'
import { type Frame, FrameReader, writeFrame } from '../frame.ts'
import { HeartBeatMonitor, type HeartBeats, negotiate, readHeartBeats } from '../heart-beat.ts'
import { LOGIN_TIMEOUT_MS, MAX_UNSENT_BYTES } from '../limits.ts'

export type BrokerAddress = {
  host: string
  port: number
  user: string
  /** Read for each connection, so that a getter can follow a password that changes. */
  readonly password: string
  vhost: string
  tls: boolean
}

/** How much of an ERROR frame is passed on to the log. */
const MAX_REASON_CHARACTERS = 300

export type ConnectionEvents = {
  onFrame(frame: Frame): void
  /** Called once, for every kind of end of the connection. */
  onClose(reason: string): void
}

/**
 * One TCP connection to a STOMP broker, from CONNECT to its end. Every fault ends it, also an ERROR frame. After most errors
 * RabbitMQ keeps the connection open, but its subscriptions no longer work. Only closing it leads to a known state.
 */
export class StompConnection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #reader = new FrameReader()
  readonly #connectTimer: NodeJS.Timeout
  readonly #beats: HeartBeats
  #monitor: HeartBeatMonitor | null = null
  #isConnected = false
  #isClosed = false
  readonly #ready = Promise.withResolvers<void>()

  constructor({ address, beats, events }: { address: BrokerAddress; beats: HeartBeats; events: ConnectionEvents }) {
    this.#events = events
    this.#beats = beats
    const { host, port, tls } = address
    this.#ready.promise.catch(() => undefined)
    this.#connectTimer = setTimeout(() => this.close(`no answer within ${LOGIN_TIMEOUT_MS / 1000} s`), LOGIN_TIMEOUT_MS)
    this.#socket = tls ? connectTls({ host, port, servername: isIP(host) ? '' : host }) : connect({ host, port })
    this.#socket.setNoDelay(true)
    this.#socket.on(tls ? 'secureConnect' : 'connect', () => this.#logIn(address))
    this.#socket.on('data', (bytes) => this.#receive(bytes))
    this.#socket.on('error', (error) => this.close(messageOf(error)))
    this.#socket.on('close', () => this.close('the broker closed the connection'))
  }

  /** Resolves when the broker has accepted the login; rejects with its reason otherwise. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** The address of this machine in the broker's network. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress
  }

  /** @returns false when the connection has ended. The broker may still have received the frame */
  send(frame: Frame): boolean {
    if (this.#isClosed) return false
    this.#socket.write(writeFrame(frame))
    this.#monitor?.sent()
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.close('the broker reads nothing')
    return !this.#isClosed
  }

  /** Ends the connection at once. Only the first reason counts. */
  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#connectTimer)
    this.#monitor?.stop()
    this.#socket.destroy()
    this.#ready.reject(new Error(reason))
    this.#events.onClose(reason)
  }

  #logIn({ user, password, vhost }: BrokerAddress): void {
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

  #receive(bytes: Buffer): void {
    this.#monitor?.received()
    try {
      for (const frame of this.#reader.read(bytes)) {
        if (this.#isClosed) return
        this.#handle(frame)
      }
    } catch (error) {
      this.close(`not STOMP: ${messageOf(error)}`)
    }
  }

  #handle(frame: Frame): void {
    if (frame.command === 'ERROR') {
      const reason = [frame.headers['message'], frame.body].filter(Boolean).join(': ')
      this.close(`the broker said: ${reason.replace(/\s+/g, ' ').slice(0, MAX_REASON_CHARACTERS)}`)
    } else if (this.#isConnected) {
      this.#events.onFrame(frame)
    } else if (frame.command === 'CONNECTED') {
      this.#isConnected = true
      clearTimeout(this.#connectTimer)
      const beats = negotiate(this.#beats, readHeartBeats(frame.headers['heart-beat']))
      const onSilence = () => this.close('the broker has been silent for two heart-beats')
      this.#monitor = new HeartBeatMonitor({ socket: this.#socket, beats, onSilence })
      this.#ready.resolve()
    } else {
      this.close(`${frame.command} before CONNECTED`)
    }
  }
}
