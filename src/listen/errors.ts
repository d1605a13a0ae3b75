import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../log.ts'
import { isDiskFull, UserError } from '../song/errors.ts'

type Answer = { status: number; error: string; code: string }

/** The one place where a fault becomes an answer: words for the caller, the stack for the log, never the other way. */
export function answerError({
  error,
  request,
  reply,
  log,
}: {
  error: unknown
  request: FastifyRequest
  reply: FastifyReply
  log: Log
}): void {
  const answer = answerOf(error)
  if (answer.status >= 500 && answer.status !== 507)
    log.error({ err: error }, `Server: ${request.method} ${request.url} failed.`)
  void reply.status(answer.status).send({ error: answer.error, code: answer.code })
}

export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0]
  void reply.status(404).send({ error: `There is no ${request.method} ${path} here; see /docs.`, code: 'not-found' })
}

export function musicNotFound(id: number): UserError {
  return new UserError(`Music not found: there is no song ${id}.`, { code: 'music-not-found', status: 404 })
}

function answerOf(error: unknown): Answer {
  if (error instanceof UserError) return { status: error.status, error: error.message, code: error.code }
  const fault = error as Partial<FastifyError>
  if (fault.validationContext === 'params') {
    return { status: 404, error: 'Not found: the id is not the number of anything here.', code: 'not-found' }
  }
  if (fault.validation)
    return { status: 400, error: `The request is not understood: ${fault.message}.`, code: 'bad-request' }
  if (isDiskFull(error)) {
    return {
      status: 507,
      error: 'The server has no room left on its disk. Delete songs and try again.',
      code: 'no-room',
    }
  }
  if (fault.code === 'ECONNRESET') {
    return { status: 400, error: 'The request broke off before its end. Send it again.', code: 'broken-off' }
  }
  const status = fault.statusCode ?? 500
  if (status >= 400 && status < 500) return { status, error: fault.message ?? 'Bad request.', code: 'bad-request' }
  return { status: 500, error: 'Something went wrong in the server; its log says what. Try again.', code: 'internal' }
}
