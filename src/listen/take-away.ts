import { basename, dirname, relative } from 'node:path'
import { UserError } from '../song/errors.ts'
import { coverPath, originalPath, songsFolder } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import { disposition } from './download-name.ts'
import { musicNotFound } from './errors.ts'
import { ErrorAnswer, MixAnswer, MixBody, MusicParams } from './schemas.ts'
import type { Services } from './services.ts'
import { mixOfGains } from './tracks.ts'
import type { TypedApp } from './typed-app.ts'

/** What people take with them beside stems and the mix: any other mix, the picture, what they brought. */
export function takeAwayRoutes(app: TypedApp, services: Services): void {
  const { db, folders, basePath } = services
  const find = (id: number): Song => {
    const song = getSong(db, id)
    if (!song) throw musicNotFound(id)
    return song
  }
  const below = (path: string) => `${relative(songsFolder(folders), dirname(path))}/${basename(path)}`

  app.post(
    '/music/:music_id/mix',
    {
      schema: {
        tags: ['music'],
        summary: 'Renders any mix of a separated song',
        description: 'Gains in dB by track id or stem; null is off. The answer says where the mix will be.',
        params: MusicParams,
        body: MixBody,
        response: {
          202: MixAnswer,
          400: ErrorAnswer,
          404: ErrorAnswer,
          405: ErrorAnswer,
          429: ErrorAnswer,
          507: ErrorAnswer,
        },
      },
    },
    async (request, reply) => {
      const song = find(request.params.music_id)
      if (song.state !== 'separated') {
        throw new UserError(`Song ${song.id} is not separated yet. Ask again when it is.`, {
          code: 'not-yet',
          status: 405,
        })
      }
      const { gains, format } = request.body
      const { id, isReady } = await services.mix(song, mixOfGains(song, gains))
      return reply.status(202).send({ file: `${basePath}/file/${id}?format=${format}`, ready: isReady })
    },
  )

  app.get(
    '/music/:music_id/cover',
    { schema: { tags: ['music'], summary: 'The picture that came with a song', params: MusicParams } },
    async (request, reply) => {
      const { id, cover } = find(request.params.music_id)
      if (cover === null) throw new UserError(`Song ${id} came without a picture.`, { code: 'no-cover', status: 404 })
      return reply.type(cover).sendFile(below(coverPath(folders, id)), { contentType: false })
    },
  )

  app.get(
    '/music/:music_id/original',
    { schema: { tags: ['music'], summary: 'What was uploaded, as it was', params: MusicParams } },
    async (request, reply) => {
      const { id, fileName, arrival } = find(request.params.music_id)
      if (arrival !== null)
        throw new UserError(`Song ${id} is still on its way. Ask again.`, { code: 'not-yet', status: 404 })
      // Whatever it is, no browser is to open it in our name.
      reply.header('content-disposition', disposition(fileName || `song ${id}`, 'attachment'))
      return reply.type('application/octet-stream').sendFile(below(originalPath(folders, id)))
    },
  )
}
