import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../log.ts'
import { TRANSIENT_FAULTS, type TransientFault } from '../platform/transient-fault.ts'
import { UserError } from '../song/errors.ts'
import { statusOf } from './http-statuses.ts'

type Answer = { status: number; error: string; code: string; retryAfterSeconds?: number | null }

/**
 * Answers a request with an error. The caller gets a message. For a defect the log gets the stack.
 * @param classifyFault returns the transient fault that an error comes from; null for other errors
 */
export function answerError({
  error,
  request,
  reply,
  log,
  classifyFault,
}: {
  error: unknown
  request: FastifyRequest
  reply: FastifyReply
  log: Log
  classifyFault(error: unknown): TransientFault | null
}): void {
  const answer = answerOf(error, classifyFault)
  if (answer.status === 500) log.error({ err: error }, `Server: ${request.method} ${request.url} failed.`)
  if (answer.retryAfterSeconds) reply.header('retry-after', answer.retryAfterSeconds)
  // The route may have set the name of a file before sending it failed.
  reply.removeHeader('content-disposition')
  void reply.type('application/json').status(answer.status).send({ error: answer.error, code: answer.code })
}

/** The status, the message and the code that answer an error. */
export function answerOf(error: unknown, classifyFault: (error: unknown) => TransientFault | null): Answer {
  if (error instanceof UserError) {
    const { message, code, retryAfterSeconds } = error
    return { ...statusOf(code), error: message, retryAfterSeconds }
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
  const transient = classifyFault(error)
  if (transient) {
    const { message, retryAfterSeconds } = TRANSIENT_FAULTS[transient]
    return { ...statusOf(transient), error: message, retryAfterSeconds }
  }
  return { status: 500, error: 'Something went wrong in the server; its log says what. Try again.', code: 'internal' }
}

/** Answers bytes that are no HTTP request, in the form of all errors, and closes the connection. */
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

/** By the error code of Node's parser. */
const UNREADABLE: Readonly<Record<string, typeof NO_REQUEST>> = {
  HPE_HEADER_OVERFLOW: { status: 431, error: 'The head of the request is too large.', code: 'head-too-large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, error: 'The head of the request came too slowly.', code: 'stalled' },
}

export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0]
  void reply.status(404).send({ error: `There is no ${request.method} ${path} here; see /docs.`, code: 'not-found' })
}
