import { createServer, type Server } from 'node:net'

/*
 * Ports for servers that a test starts. Test files run at the same time, and between choosing a port and listening on it
 * another process could take it. So each process owns a block of ports, below those that the system gives away itself
 * (ip_local_port_range): it listens on the first one as long as it lives, which keeps others out of the block.
 */
const FIRST_PORT = 10_000
const BLOCK_PORTS = 50
const BLOCKS = 400

let block: Promise<number> | null = null
let next = 0

/** A port of loopback that nobody listens on now, and that no other test process takes. */
export async function freePort(): Promise<number> {
  block ??= ownBlock()
  const first = await block
  for (let tries = 1; tries < BLOCK_PORTS; tries++) {
    next = (next % (BLOCK_PORTS - 1)) + 1
    const server = await listen(first + next)
    if (!server) continue
    await new Promise((resolve) => server.close(resolve))
    return first + next
  }
  throw new Error(`The ports ${first} to ${first + BLOCK_PORTS - 1} are all in use.`)
}

async function ownBlock(): Promise<number> {
  for (let tries = 0; tries < BLOCKS; tries++) {
    const first = FIRST_PORT + BLOCK_PORTS * ((process.pid + tries) % BLOCKS)
    const server = await listen(first)
    if (!server) continue
    server.unref()
    return first
  }
  throw new Error('No block of ports is free.')
}

/** Null where somebody else has the port. */
function listen(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(null)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
