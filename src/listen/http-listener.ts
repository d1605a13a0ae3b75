import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { coalesce } from '../platform/coalesce.ts'
import { isBare, redirectBelow, withoutBase } from './base-path.ts'

/** The longest time for the head of a request. A body may take longer if bytes keep coming. */
const HEAD_TIMEOUT_MS = 20_000
/** The interval at which HEAD_TIMEOUT_MS is checked. */
const HEAD_CHECK_MS = 1_000
/** A connection without bytes in either direction for this time is closed. */
const IDLE_TIMEOUT_MS = 600_000
/** Reverse proxies keep idle connections for a shorter time, so that they close them first. */
const KEEP_ALIVE_MS = 72_000
/** A connection that was opened or answered within this time may be about to send a request. */
const ABOUT_TO_ASK_MS = 250
/** This many connections beyond the limit are accepted, to answer them why they are refused. */
const MAX_SURPLUS = 8
const STARTING_RETRY_SECONDS = 1
const BUSY_RETRY_SECONDS = 2

/**
 * The server's port. It is opened before the data folder, so that a server whose port is taken changes nothing on the disk. Until
 * `answerBy` is called, every request is answered 503 with a time to try again.
 */
export class HttpListener {
  readonly server: Server
  readonly #connections: Connections
  readonly #basePath: string
  #listener: RequestListener = answerStarting

  private constructor({
    server,
    connections,
    basePath,
  }: {
    server: Server
    connections: Connections
    basePath: string
  }) {
    this.server = server
    this.#connections = connections
    this.#basePath = basePath
  }

  /**
   * Opens the port. Rejects with the error of the system if that is impossible.
   * @param maxConnections beyond this number the longest idle connection is closed
   */
  static async open({
    host,
    port,
    tls,
    maxConnections = Number.POSITIVE_INFINITY,
    basePath = '',
  }: {
    host: string
    port: number
    tls?: { cert: Buffer; key: Buffer } | undefined
    maxConnections?: number
    /** Removed from the paths of requests, because a proxy may send them with it or without it. */
    basePath?: string
  }): Promise<HttpListener> {
    const options = {
      headersTimeout: HEAD_TIMEOUT_MS,
      connectionsCheckingInterval: HEAD_CHECK_MS,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: false, // `guardOrigin` refuses such a request, in the form of all errors
    }
    const connections = new Connections(maxConnections)
    const listener: RequestListener = (request, response) => opened.#answer(request, response)
    const server = tls ? createTlsServer({ ...options, ...tls }, listener) : createServer(options, listener)
    const opened = new HttpListener({ server, connections, basePath })
    server.setTimeout(IDLE_TIMEOUT_MS)
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => connections.add(socket))
    const listening = Promise.withResolvers<void>()
    server.once('error', listening.reject)
    server.listen({ host, port }, listening.resolve)
    await listening.promise
    server.off('error', listening.reject)
    return opened
  }

  /** Sets the listener that answers all further requests. */
  answerBy(listener: RequestListener): void {
    this.#listener = listener
  }

  /** Closes the port and every connection, even while an answer is being sent. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (socket.destroyed) return // it was closed while the request was being read
    if (isBare(request.url, this.#basePath)) {
      redirectBelow(response, { url: request.url ?? '', basePath: this.#basePath })
      return
    }
    request.url = withoutBase(request.url, this.#basePath)
    if (this.#connections.makeRoomFor(socket)) {
      this.#connections.beginRequest(socket, response)
      this.#listener(request, response)
    } else refuse(response)
  }
}

/**
 * The open connections. If there are too many, the longest idle one is closed. So clients that only hold connections open cannot
 * keep others out.
 */
class Connections {
  readonly #max: number
  readonly #all = new Set<Socket>()
  /** For each connection without a request, the time since which it is idle. The longest idle comes first. */
  readonly #idle = new Map<Socket, number>()
  /** Connections beyond the limit. They are answered why they are refused. */
  readonly #surplus = new Set<Socket>()
  readonly #closeSoon = coalesce(() => this.#closeIdle(), ABOUT_TO_ASK_MS)

  constructor(max: number) {
    this.#max = max
  }

  add(socket: Socket): void {
    this.#closeIdle()
    if (this.#all.size >= this.#max + MAX_SURPLUS) {
      socket.destroy()
      return
    }
    if (this.#all.size >= this.#max) this.#surplus.add(socket)
    this.#all.add(socket)
    this.#idle.set(socket, performance.now())
    socket.once('close', () => this.#forget(socket))
    if (this.#surplus.size > 0) this.#closeSoon.soon()
  }

  /** Closes idle connections for one with a request. Returns whether the request may be answered. */
  makeRoomFor(socket: Socket): boolean {
    if (this.#surplus.has(socket)) this.#closeIdle()
    if (this.#all.size <= this.#max) this.#surplus.delete(socket)
    return !this.#surplus.has(socket)
  }

  beginRequest(socket: Socket, response: ServerResponse): void {
    this.#idle.delete(socket)
    response.once('close', () => {
      if (this.#all.has(socket)) this.#idle.set(socket, performance.now())
    })
  }

  /** Closes the longest idle connections until there are not too many. */
  #closeIdle(): void {
    const before = performance.now() - ABOUT_TO_ASK_MS
    for (const [socket, since] of this.#idle) {
      if (this.#all.size < this.#max || since > before) return
      this.#forget(socket)
      socket.destroy()
    }
  }

  #forget(socket: Socket): void {
    this.#all.delete(socket)
    this.#idle.delete(socket)
    this.#surplus.delete(socket)
  }
}

/** Refuses the request of a connection beyond the limit. */
function refuse(response: ServerResponse): void {
  const error = 'The server has too many connections open. Try again in a moment.'
  response.writeHead(503, {
    'retry-after': String(BUSY_RETRY_SECONDS),
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
  })
  response.end(JSON.stringify({ error, code: 'no-descriptors' }))
}

/** Answers every request until the server is ready. */
function answerStarting({ headers, url }: IncomingMessage, response: ServerResponse): void {
  const reason = 'The server is starting: it checks its ledger. Ask again in a moment.'
  response.setHeader('retry-after', STARTING_RETRY_SECONDS)
  response.setHeader('cache-control', 'no-store')
  if (headers.accept?.includes('text/html')) {
    response.setHeader('refresh', STARTING_RETRY_SECONDS)
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' }).end(reason)
    return
  }
  const isHealth = url?.split('?')[0] === '/healthz'
  const body = { ...(isHealth && { ok: false, reasons: [reason] }), error: reason, code: 'starting' }
  response.writeHead(503, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
