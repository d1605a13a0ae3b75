import type { Readable } from 'node:stream'
import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { UserError } from '../song/errors.ts'
import { musicAnswer } from './answers.ts'
import { ErrorAnswer, Music } from './schemas.ts'
import type { Services } from './services.ts'

const MOST_FIELDS = 16
/** After the last byte of the request. */
const FORM_ENDS_WITHIN_MS = 1_000

/** POST /music: the song's bytes, raw or as one file of a form; streamed to disk as they come. */
export function uploadRoutes(services: Services, limit: onRequestAsyncHookHandler) {
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
        onRequest: limit,
        schema: {
          tags: ['music'],
          summary: 'Adds a song; starts no separation',
          description:
            "The song's bytes as the body, of any type, or multipart/form-data with one file. 405 when it is no sound. With an `arrival`, any word, it can be played before its last byte is here: it is told with that word until then, and goes with an upload that breaks off.",
          querystring: z.object({
            filename: z.string().max(4096).optional(),
            model: z.string().max(64).optional(),
            arrival: z.string().min(1).max(64).optional(),
          }),
          response: {
            200: Music,
            400: ErrorAnswer,
            404: ErrorAnswer,
            405: ErrorAnswer,
            413: ErrorAnswer,
            429: ErrorAnswer,
            507: ErrorAnswer,
          },
        },
      },
      async (request) => {
        const { filename, model, arrival } = request.query
        try {
          const { body, name } = await bodyOf(request)
          const bytes = Number(request.headers['content-length'])
          const expectedBytes = bytes > 0 ? bytes : null
          const incoming = { body, fileName: filename ?? name, model, arrival, expectedBytes }
          return musicAnswer(await services.receive(incoming))
        } catch (error) {
          throw request.isMultipart() && !hasCode(error) ? brokenForm(error) : error
        }
      },
    )
  }
}

async function bodyOf(request: FastifyRequest): Promise<{ body: Readable; name: string }> {
  if (!request.isMultipart()) {
    return { body: (request.body as Readable | undefined) ?? request.raw, name: '' }
  }
  // The parser of forms waits for ever where a broken one ends in the middle of a part's head.
  const late = new Promise<never>((_, reject) => {
    request.raw.once('end', () => setTimeout(() => reject(brokenForm()), FORM_ENDS_WITHIN_MS).unref())
  })
  late.catch(() => undefined)
  const part = await Promise.race([request.file(), late])
  if (!part)
    throw new UserError('The form holds no file. Send the song in a field of it.', { code: 'empty', status: 405 })
  late.catch((error: Error) => void (part.file.readableEnded || part.file.destroy(error)))
  return { body: part.file, name: (part.filename as string | undefined) ?? '' }
}

/** Errors of ours and of the system have codes; what the form's parser says of a form has none. */
function hasCode(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string'
}

function brokenForm(cause?: unknown): UserError {
  return new UserError(
    'The form is broken. Send the song in one field of multipart/form-data, or as the body itself.',
    {
      code: 'broken-form',
      status: 400,
      cause,
    },
  )
}
