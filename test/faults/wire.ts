import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Direction = 'up' | 'down'
/** What happens to bytes on their way; null: they never arrive, and the connection stays. */
export type Meddle = (bytes: Buffer, wire: Passage) => Buffer | null

export type Passage = {
  direction: Direction
  /** The port of the program that dialled. */
  dialledFrom: number
  /** All that went this way on this connection since the meddling began, these bytes included. */
  text: string
  /** Ends the connection with a reset. */
  reset(): void
  /** Ends one half of it: no more bytes this way. */
  halfClose(): void
}

export type Wire = {
  port: number
  meddle: Meddle | null
  /** Pieces of so many bytes, each after so many milliseconds; 0: as they come. */
  slowness: { bytes: number; ms: number } | null
  /** Nothing passes any more, in either direction, and nobody is told; false: all of it flows again. */
  isCut: boolean
  /** New connections since the start. */
  dials: number
  close(): Promise<void>
}

const KEPT_TEXT = 200_000

/** A cable between two programs that a test can meddle with: a TCP proxy on loopback, or on another address. */
export async function startWire(to: number, { host = '127.0.0.1', listen = '127.0.0.1' } = {}): Promise<Wire> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, (near) => {
    wire.dials++
    const far = connect({ port: to, host, allowHalfOpen: true })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {
        near.destroy()
        far.destroy()
      })
    }
    const dialledFrom = near.remotePort ?? 0
    carry({ from: near, to: far, direction: 'up', dialledFrom, wire })
    carry({ from: far, to: near, direction: 'down', dialledFrom, wire })
  })
  await new Promise<void>((resolve) => server.listen(0, listen, resolve))
  const wire: Wire = {
    port: (server.address() as AddressInfo).port,
    meddle: null,
    slowness: null,
    isCut: false,
    dials: 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return wire
}

type Way = { from: Socket; to: Socket; direction: Direction; dialledFrom: number; wire: Wire }

function carry({ from, to, direction, dialledFrom, wire }: Way): void {
  let text = ''
  let { meddle } = wire
  let line = Promise.resolve()
  const passage: Passage = {
    direction,
    dialledFrom,
    get text() {
      return text
    },
    reset() {
      from.resetAndDestroy()
      to.resetAndDestroy()
    },
    halfClose: () => void to.end(),
  }
  from.on('data', (bytes: Buffer) => {
    line = line.then(async () => {
      while (wire.isCut && !to.destroyed) await sleep(20)
      if (meddle !== wire.meddle) text = ''
      meddle = wire.meddle
      text = (text + bytes.toString('latin1')).slice(-KEPT_TEXT)
      const passed = wire.meddle ? wire.meddle(bytes, passage) : bytes
      if (passed) await write(to, passed, wire)
    })
  })
  from.on('end', () => void line.then(() => to.end()))
  from.on('close', () => void line.then(() => to.destroy()))
}

async function write(to: Socket, bytes: Buffer, { slowness }: Wire): Promise<void> {
  const step = slowness?.bytes || bytes.length
  for (let at = 0; at < bytes.length && to.writable; at += step) {
    if (slowness) await sleep(slowness.ms)
    if (!to.write(bytes.subarray(at, at + step))) {
      await new Promise<void>((resolve) => {
        to.once('drain', resolve)
        to.once('close', resolve)
      })
    }
  }
}
