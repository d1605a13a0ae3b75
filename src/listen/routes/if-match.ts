import type { FastifyRequest } from 'fastify'
import { UserError } from '../../song/errors.ts'

/** The entity tag of a version (RFC 9110, 8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`
}

/**
 * Whether If-Match names a version (RFC 9110, 13.1.1). A weak tag counts as the strong one, because proxies weaken the tags of
 * what they compress. Throws a UserError (version-missing) without the header.
 */
export function matchesVersion({ headers }: FastifyRequest, version: number): boolean {
  const wanted = headers['if-match']
  if (wanted === undefined) {
    throw new UserError(
      'Nothing was changed, because the request does not say which version it replaces. Send the ETag of GET as If-Match.',
      { code: 'version-missing' },
    )
  }
  const tags = wanted.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etagOf(version))
}
