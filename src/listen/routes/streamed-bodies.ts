import type { FastifyInstance } from 'fastify'

/** Passes bodies of any type to the routes of this scope as streams. */
export function takeBodiesAsStreams(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}
