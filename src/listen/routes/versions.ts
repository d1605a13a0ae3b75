import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'

/** The entity tag of a version (RFC 9110, 8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`
}

/** The version that a change is based on, from If-Match (RFC 9110, 13.1.1). An unknown tag is a version that nothing has. */
export function requireVersion({ headers }: FastifyRequest): number {
  const tag = headers['if-match']
  if (tag === undefined) {
    throw new UserError('Name the version that your change is based on: If-Match with the ETag of the last answer.', {
      code: 'no-version',
    })
  }
  return Number(/^"(\d{1,15})"$/.exec(tag)?.[1] ?? -1)
}
