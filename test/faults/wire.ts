import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Direction = 'up' | 'down'
/** Changes bytes on their way; null: they never arrive, and the connection stays. */
export type Meddle = (bytes: Buffer, wire: Passage) => Buffer | null

export type Passage = {
  direction: Direction
  /** The port of the program that opened the connection. */
  dialledFrom: number
  /** Everything sent this way on this connection since `meddle` was set, with these bytes. */
  text: string
  /** Ends the connection with a reset. */
  reset(): void
  /** Closes one half of the connection: no more bytes go this way. */
  halfClose(): void
}

export type Wire = {
  port: number
  meddle: Meddle | null
  /** Sends pieces of so many bytes, each after so many milliseconds; 0 bytes: as they come. */
  slowness: { bytes: number; ms: number } | null
  /** true: nothing passes in either direction, and no connection ends; false: everything held back flows again. */
  isCut: boolean
  /** The number of connections since the start. */
  dials: number
  close(): Promise<void>
}

const KEPT_TEXT = 200_000

/** Starts a TCP proxy between two programs, which a test can cut, slow down and listen to. */
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
