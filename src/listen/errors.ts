import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../log.ts'
import { UserError } from '../song/errors.ts'
import { PASSING_FAULTS, type PassingFault } from '../song/passing-fault.ts'

type Answer = { status: number; error: string; code: string; retryAfterSeconds?: number | null }

/** The one place where a fault becomes an answer: words for the caller, the stack for the log, never the other way. */
export function answerError({
  error,
  request,
  reply,
  log,
  passingFaultOf,
}: {
  error: unknown
  request: FastifyRequest
  reply: FastifyReply
  log: Log
  /** Notes that it was met, too. */
  passingFaultOf(error: unknown): PassingFault | null
}): void {
  const answer = answerOf(error, passingFaultOf)
  if (answer.status === 500) log.error({ err: error }, `Server: ${request.method} ${request.url} failed.`)
  if (answer.retryAfterSeconds) reply.header('retry-after', answer.retryAfterSeconds)
  // What was to be sent instead may have said of what kind it is already, and under which name to keep it.
  reply.removeHeader('content-disposition')
  void reply.type('application/json').status(answer.status).send({ error: answer.error, code: answer.code })
}

/** What is no HTTP request is answered on the bare socket, in the form of all errors, and the connection ends. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const { status, ...answer } = UNREADABLE[error.code ?? ''] ?? NO_REQUEST
    const body = JSON.stringify(answer)
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
  socket.destroy()
}

const NO_REQUEST = { status: 400, error: 'This is no HTTP request.', code: 'bad-request' }

/** By the code of Node's parser. */
const UNREADABLE: Readonly<Record<string, typeof NO_REQUEST>> = {
  HPE_HEADER_OVERFLOW: { status: 431, error: 'The head of the request is too large.', code: 'head-too-large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, error: 'The head of the request came too slowly.', code: 'stalled' },
}

export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0]
  void reply.status(404).send({ error: `There is no ${request.method} ${path} here; see /docs.`, code: 'not-found' })
}

export function musicNotFound(id: number): UserError {
  return new UserError(`Music not found: there is no song ${id}.`, { code: 'music-not-found', status: 404 })
}

export function versionGone(version: number): UserError {
  return new UserError(
    `What has changed since version ${version} is no longer known. Read the songs again (GET /music?limit=500) and listen since the version that comes with them.`,
    { code: 'version-gone', status: 410 },
  )
}

/** What to tell whoever met an error. */
export function answerOf(error: unknown, passingFaultOf: (error: unknown) => PassingFault | null): Answer {
  if (error instanceof UserError) {
    const { status, message, code, retryAfterSeconds } = error
    return { status, error: message, code, retryAfterSeconds }
  }
  const fault = error as Partial<FastifyError>
  if (fault.validationContext === 'params') {
    return { status: 404, error: 'Not found: the id is not the number of anything here.', code: 'not-found' }
  }
  if (fault.validation)
    return { status: 400, error: `The request is not understood: ${fault.message}.`, code: 'bad-request' }
  if (fault.code === 'ECONNRESET') {
    return { status: 400, error: 'The request broke off before its end. Send it again.', code: 'broken-off' }
  }
  const status = fault.statusCode ?? 500
  if (status >= 400 && status < 500) return { status, error: fault.message ?? 'Bad request.', code: 'bad-request' }
  const passing = passingFaultOf(error)
  if (passing) {
    const { message, ...answer } = PASSING_FAULTS[passing]
    return { ...answer, error: message, code: passing }
  }
  return { status: 500, error: 'Something went wrong in the server; its log says what. Try again.', code: 'internal' }
}
