import type { FastifyInstance } from 'fastify'
import { UserError } from '../../song/errors.ts'

/** Parses every body as JSON, whatever its Content-Type: many clients of the assignment send none. An empty body is undefined. */
export function takeBodiesAsJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) {
      done(null, undefined)
      return
    }
    try {
      done(null, JSON.parse(String(body)))
    } catch (cause) {
      done(new UserError('The body is not JSON.', { code: 'not-json', cause }))
    }
  })
}
