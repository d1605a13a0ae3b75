import { connect, type Socket } from 'node:net'
import { until } from './wait.ts'

const CHUNK = 64

export type StompPeer = {
  socket: Socket
  /** Everything that the broker has sent so far. */
  said(): string
  isClosed(): boolean
  send(...frames: string[]): void
  /** Sends so many frames, or fewer when the broker ends the connection. Resolves to the number of bytes. */
  flood(count: number, frame: (index: number) => string): Promise<number>
  end(): void
}

export function frame(command: string, headers: Record<string, string> = {}, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  return `${command}\n${lines.join('')}\n${body}\0`
}

/** A connection that sends what a test wants, in any order, and nothing by itself. */
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

/** The same, logged in with the right password. */
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

/** Waits until the broker has confirmed everything or ended the connection. Resolves to what it has sent. */
export async function confirmed(peer: StompPeer): Promise<string> {
  const receipt = `all-${Math.random()}`
  peer.send(frame('SEND', { destination: '/topic/nobody', receipt }))
  await until('it is confirmed or refused', () => peer.isClosed() || peer.said().includes(receipt), {
    timeoutMs: 60_000,
  })
  return peer.said()
}
