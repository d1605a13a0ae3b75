import { connect, type Socket } from 'node:net'
import { until } from './wait.ts'

const CHUNK = 64

export type StompPeer = {
  socket: Socket
  /** Everything the broker has said so far. */
  said(): string
  isClosed(): boolean
  send(...frames: string[]): void
  /** Sends so many frames, or fewer where the broker ends the connection; resolves to their bytes. */
  flood(count: number, frame: (index: number) => string): Promise<number>
  end(): void
}

export function frame(command: string, headers: Record<string, string> = {}, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  return `${command}\n${lines.join('')}\n${body}\0`
}

/** A connection that says what a test wants, in whatever order; it says nothing by itself. */
export function dial(port: number, from = '127.0.0.1'): StompPeer {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from })
  let text = ''
  let isClosed = false
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => (text += String(bytes)))
  socket.on('close', () => (isClosed = true))
  return {
    socket,
    said: () => text,
    isClosed: () => isClosed,
    send: (...frames) => void socket.write(frames.join('')),
    async flood(count, frameOf) {
      let bytes = 0
      for (let index = 0; index < count && !isClosed; index += CHUNK) {
        const size = Math.min(CHUNK, count - index)
        const block = Array.from({ length: size }, (_, place) => frameOf(index + place)).join('')
        bytes += block.length
        socket.write(block)
        await until('the block is sent', () => isClosed || socket.writableLength === 0, {
          timeoutMs: 60_000,
          everyMs: 1,
        })
      }
      return bytes
    },
    end: () => socket.destroy(),
  }
}

/** The same, with the right password given. */
export async function logIn(
  port: number,
  { password = 'admin', from = '127.0.0.1' }: { password?: string; from?: string } = {},
): Promise<StompPeer> {
  const peer = dial(port, from)
  peer.send(connectFrame(password))
  await until('it is let in', () => peer.said().startsWith('CONNECTED') || peer.isClosed())
  return peer
}

export function connectFrame(password: string): string {
  return frame('CONNECT', { 'accept-version': '1.2', host: '/', login: 'admin', passcode: password })
}

/** Resolves to what the broker has said when it has confirmed all that was sent, or has ended the connection. */
export async function confirmed(peer: StompPeer): Promise<string> {
  const receipt = `all-${Math.random()}`
  peer.send(frame('SEND', { destination: '/topic/nobody', receipt }))
  await until('it is confirmed or refused', () => peer.isClosed() || peer.said().includes(receipt), {
    timeoutMs: 60_000,
  })
  return peer.said()
}
