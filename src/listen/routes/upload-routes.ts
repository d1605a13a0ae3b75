import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { NewUpload } from '../../song/new-upload.ts'
import type { Song } from '../../store/queries/songs.ts'
import { type Answering, musicAnswer } from '../answers.ts'
import { ErrorAnswer, Music, UploadQuery } from '../schemas.ts'
import { takeBodiesAsStreams } from './streamed-bodies.ts'
import { bodyOf, FORM_LIMITS, wordFormFault } from './upload-body.ts'

export type UploadRoutes = Pick<Answering, 'basePath'> & {
  /** Throws a UserError if the bytes are not a song that this server accepts, or if the disk has no room. */
  receive(upload: NewUpload): Promise<Song>
}

const DESCRIPTION =
  "The song's bytes as the body, of any type, or multipart/form-data with one file. 405 if the file has no sound that can be decoded. If a file has several sound tracks, a warning lists them; `track` chooses one, from 1. `model` and `track` may also be fields of the form, before the file. With an `arrival`, any word, the song is listed with that word and can be played before its last byte has arrived. If that upload breaks off, the song is removed. Files that were chosen together may have a common `batch`, any random word, and each its `place` from 1 to `of`: their songs get ids in this order, in whatever order the uploads end."

const SCHEMA = {
  tags: ['music'],
  summary: 'Uploads a song; does not start its separation',
  description: DESCRIPTION,
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
}

/**
 * POST /music: the song's bytes as the body, or as one file of a form. They are written to disk while they arrive.
 * @param limit a hook that refuses too many uploads at once
 */
export function uploadRoutes({ basePath, receive }: UploadRoutes, limit: onRequestAsyncHookHandler) {
  return async (scope: FastifyInstance): Promise<void> => {
    takeBodiesAsStreams(scope)
    await scope.register(fastifyMultipart, { throwFileSizeLimit: false, limits: FORM_LIMITS })
    scope
      .withTypeProvider<ZodTypeProvider>()
      .post('/music', { bodyLimit: Number.MAX_SAFE_INTEGER, onRequest: limit, schema: SCHEMA }, async (request) => {
        const { filename, arrival, batch, place, of, ...asked } = request.query
        try {
          const { body, name, fields } = await bodyOf(request)
          const { model, track = null } = { ...fields, ...asked }
          const bytes = Number(request.headers['content-length'])
          const expectedBytes = bytes > 0 ? bytes : null
          const song = await receive({
            body,
            fileName: filename ?? name,
            model,
            soundTrack: track,
            uploadName: arrival,
            place: batch && place && of ? { batch, number: place, count: of } : null,
            expectedBytes,
          })
          return musicAnswer({ basePath }, song)
        } catch (error) {
          throw request.isMultipart() ? wordFormFault(error) : error
        }
      })
  }
}
