import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'

/**
 * The configuration of routes for workers. They need no session, because each attempt has its own token. They are not counted,
 * because the number of calls depends on the number of jobs.
 */
export const FOR_WORKERS = { isForEverybody: true, counted: 'never' } as const

/** The attempt's token (RFC 6750). Empty if the request has none. */
export function attemptToken(request: FastifyRequest): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

/** The error for a worker's refused call. @param outcome 'unknown': no attempt of the job has this token */
export function refused(outcome: 'gone' | 'unknown'): UserError {
  return outcome === 'gone'
    ? new UserError('This job is over.', { code: 'gone' })
    : new UserError("This is not the token of one of the job's attempts.", { code: 'wrong-token' })
}
