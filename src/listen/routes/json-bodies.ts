import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'

/** Reads every body as JSON, whatever its Content-Type: clients of the assignment often set none. */
export function readJson(
  _request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  if (body.length === 0) {
    done(null, undefined)
    return
  }
  try {
    done(null, JSON.parse(String(body)))
  } catch (cause) {
    done(new UserError('The body is not JSON.', { code: 'not-json', cause }))
  }
}
