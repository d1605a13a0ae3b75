import type { Readable } from 'node:stream'
import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { UserError } from '../song/errors.ts'
import { musicAnswer } from './answers.ts'
import { ErrorAnswer, Music } from './schemas.ts'
import type { Services } from './services.ts'

const MOST_FIELDS = 16

/** POST /music: the song's bytes, raw or as one file of a form; streamed to disk as they come. */
export function uploadRoutes(services: Services) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    await scope.register(fastifyMultipart, {
      throwFileSizeLimit: false,
      limits: { files: 1, fields: MOST_FIELDS, fileSize: Number.MAX_SAFE_INTEGER },
    })
    scope.withTypeProvider<ZodTypeProvider>().post(
      '/music',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags: ['music'],
          summary: 'Adds a song; starts no separation',
          description:
            "The song's bytes as the body, of any type, or multipart/form-data with one file. 405 when it is no sound.",
          querystring: z.object({ filename: z.string().max(4096).optional(), model: z.string().max(64).optional() }),
          response: { 200: Music, 405: ErrorAnswer, 413: ErrorAnswer, 507: ErrorAnswer },
        },
      },
      async (request) => {
        const { filename, model } = request.query
        const { body, name } = await bodyOf(request)
        return musicAnswer(await services.receive({ body, fileName: filename ?? name, model }))
      },
    )
  }
}

async function bodyOf(request: FastifyRequest): Promise<{ body: Readable; name: string }> {
  if (!request.isMultipart()) {
    return { body: (request.body as Readable | undefined) ?? request.raw, name: '' }
  }
  const part = await request.file()
  if (!part)
    throw new UserError('The form holds no file. Send the song in a field of it.', { code: 'empty', status: 405 })
  return { body: part.file, name: part.filename }
}
