import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import fastifyMultipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { UserError } from '../song/errors.ts'
import { musicAnswer } from './answers.ts'
import { ErrorAnswer, Music } from './schemas.ts'
import type { Services } from './services.ts'

const MOST_FIELDS = 16
/** FFmpeg opens no file with more streams. */
const MOST_TRACKS = 1_000
const MOST_FIELD_BYTES = 64 * 1024
/** Of a form until its file begins: room for all its fields, and a head each. */
const MOST_BYTES_BEFORE_FILE = 2 * MOST_FIELDS * MOST_FIELD_BYTES
/** After the last byte of the request. */
const FORM_ENDS_WITHIN_MS = 1_000

const UploadQuery = z.object({
  filename: z.string().max(4096).optional(),
  model: z.string().max(64).optional(),
  track: z.coerce
    .number({ error: 'is a whole number from 1' })
    .int({ error: 'is a whole number from 1' })
    .min(1)
    .max(MOST_TRACKS)
    .optional(),
  arrival: z.string().min(1).max(64).optional(),
})

/** What the fields of a form before its file say counts where the query says nothing. */
const FormFields = UploadQuery.pick({ model: true, track: true })
type FormFields = z.infer<typeof FormFields>

/** POST /music: the song's bytes, raw or as one file of a form; streamed to disk as they come. */
export function uploadRoutes(services: Services, limit: onRequestAsyncHookHandler) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    await scope.register(fastifyMultipart, {
      throwFileSizeLimit: false,
      limits: { files: 1, fields: MOST_FIELDS, fieldSize: MOST_FIELD_BYTES, fileSize: Number.MAX_SAFE_INTEGER },
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
            "The song's bytes as the body, of any type, or multipart/form-data with one file. 405 when it is no sound. A file with several sound tracks tells so in a warning; `track` chooses one, from 1. `model` and `track` may be fields of the form as well, before the file. With an `arrival`, any word, it can be played before its last byte is here: it is told with that word until then, and goes with an upload that breaks off.",
          querystring: UploadQuery,
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
        const { filename, arrival, ...asked } = request.query
        try {
          const { body, name, fields } = await bodyOf(request)
          const { model, track = null } = { ...fields, ...asked }
          const bytes = Number(request.headers['content-length'])
          const expectedBytes = bytes > 0 ? bytes : null
          const incoming = { body, fileName: filename ?? name, model, track, arrival, expectedBytes }
          return musicAnswer(services, await services.receive(incoming))
        } catch (error) {
          throw request.isMultipart() && !hasCode(error) ? brokenForm(error) : error
        }
      },
    )
  }
}

async function bodyOf(request: FastifyRequest): Promise<{ body: Readable; name: string; fields: FormFields }> {
  if (!request.isMultipart()) {
    return { body: (request.body as Readable | undefined) ?? request.raw, name: '', fields: {} }
  }
  const { raw } = request
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  // The parser of forms waits for ever where a broken one ends in the middle of a part's head.
  raw.once('end', () => setTimeout(() => broken.reject(brokenForm()), FORM_ENDS_WITHIN_MS).unref())
  const asked = request.file()
  let bytes = 0
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > MOST_BYTES_BEFORE_FILE) broken.reject(endlessForm(raw))
  }
  raw.on('data', count)
  const part = await Promise.race([asked, broken.promise]).finally(() => raw.off('data', count))
  if (!part)
    throw new UserError('The form holds no file. Send the song in a field of it.', { code: 'empty', status: 405 })
  broken.promise.catch((error: Error) => void (part.file.readableEnded || part.file.destroy(error)))
  return { body: part.file, name: (part.filename as string | undefined) ?? '', fields: fieldsOf(part) }
}

function fieldsOf({ file, fields }: MultipartFile): FormFields {
  const values = Object.entries(fields).flatMap(([name, field]) => {
    return field && 'value' in field ? [[name, field.value] as const] : []
  })
  const read = FormFields.safeParse(Object.fromEntries(values))
  if (read.success) return read.data
  file.resume() // whoever still sends hears the answer
  const [issue] = read.error.issues
  throw new UserError(`The form's field ${issue?.path.join('.')}: ${issue?.message}.`, {
    code: 'bad-request',
    status: 400,
  })
}

/** Errors of ours and of the system have codes; what the form's parser says of a form has none. */
function hasCode(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string'
}

/** Whoever sends it would go on as long as it is read. */
function endlessForm(raw: IncomingMessage): UserError {
  raw.unpipe()
  return new UserError(
    `The form brings more than ${MOST_BYTES_BEFORE_FILE >> 20} MiB and no file yet. Send the song as its first field.`,
    { code: 'broken-form', status: 413 },
  )
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
