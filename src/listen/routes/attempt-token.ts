import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'

/**
 * Routes for workers need no session: each attempt has a token of its own. They are not counted either, since there are as many
 * calls as there is work.
 */
export const FOR_WORKERS = { isForEverybody: true, counted: 'never' } as const

/** The attempt's token (RFC 6750); empty without one. */
export function attemptToken(request: FastifyRequest): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

/** @param outcome 'unknown': no attempt of the job has this token */
export function refused(outcome: 'gone' | 'unknown'): UserError {
  return outcome === 'gone'
    ? new UserError('This job is over.', { code: 'gone' })
    : new UserError("This is not the token of one of the job's attempts.", { code: 'wrong-token' })
}
