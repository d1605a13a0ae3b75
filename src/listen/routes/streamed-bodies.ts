import type { FastifyInstance } from 'fastify'

/** Routes of this scope get a body of any type as a stream, as it comes in. */
export function takeBodiesAsStreams(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}
