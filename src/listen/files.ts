import { basename, dirname, relative } from 'node:path'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { SoundFormat } from '../audio/media-messages.ts'
import { UserError } from '../song/errors.ts'
import { getFile, type StoredFile, wasEverFile } from '../store/files.ts'
import { mixPath, songsFolder, stemPath } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import { disposition, downloadName } from './download-name.ts'
import { untilClosed } from './limits.ts'
import { FileParams } from './schemas.ts'
import type { Services } from './services.ts'
import type { TypedApp } from './typed-app.ts'

export const CONTENT_TYPES: Record<SoundFormat, string> = {
  wav: 'audio/wav',
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  opus: 'audio/ogg',
}

/** GET /file/{id}: a stem or a mix, whole or in ranges. */
export function fileRoutes(app: TypedApp, services: Services): void {
  const { db, folders } = services

  app.get(
    '/file/:file_id',
    {
      schema: {
        tags: ['music'],
        summary: 'A stem or a mix',
        params: FileParams,
        querystring: z.object({
          format: z.enum(['wav', 'flac', 'mp3', 'm4a', 'opus']).default('wav'),
          download: z.string().optional(),
        }),
      },
    },
    async (request, reply) => {
      const { file_id } = request.params
      const { format, download } = request.query
      const file = getFile(db, file_id)
      const song = file && getSong(db, file.songId)
      if (!file || !song) throw fileNotFound(file_id, wasEverFile(db, file_id))
      await services.whenChecked(song.id)
      if (!getFile(db, file_id)?.isReady) throw fileNotFound(file_id, false)
      const path = format === 'wav' ? storedPath(file) : await services.render(file, format, untilClosed(reply))
      const name = nameOf({ song, file, format })
      return sendSound(reply, { path, name, format, isDownload: download !== undefined })
    },
  )

  function storedPath({ id, songId, trackId }: StoredFile): string {
    return trackId === null ? mixPath(folders, { songId, fileId: id }) : stemPath(folders, { songId, trackId })
  }

  function sendSound(
    reply: FastifyReply,
    { path, name, format, isDownload }: { path: string; name: string; format: SoundFormat; isDownload: boolean },
  ): FastifyReply {
    reply.header('content-disposition', disposition(name, isDownload ? 'attachment' : 'inline'))
    reply.header('cache-control', 'private, max-age=0, must-revalidate')
    const folder = relative(songsFolder(folders), dirname(path))
    return reply.type(CONTENT_TYPES[format]).sendFile(`${folder}/${basename(path)}`)
  }
}

/** "Queen - Song (vocals).wav", "Queen - Song (minus vocals, drums −6 dB).mp3": what a person would call it. */
function nameOf({ song, file, format }: { song: Song; file: StoredFile; format: string }): string {
  return downloadName({
    artist: song.band,
    title: song.title || `song ${song.id}`,
    words: partOf(song, file),
    extension: format,
  })
}

/** Which stem it is, or how a mix differs from the song; empty where it is the song. */
function partOf(song: Song, file: StoredFile): string {
  const track = song.tracks.find(({ id }) => id === file.trackId)
  if (track) return track.stem
  const { kept, gains } = file.mix ?? { kept: [], gains: {} }
  const left = song.tracks.filter(({ id }) => !kept.includes(id)).map(({ stem }) => stem)
  const changed = song.tracks.flatMap(({ id, stem }) => {
    const decibels = gains[id] ?? 0
    return decibels === 0 || !kept.includes(id) ? [] : [`${stem} ${decibels > 0 ? '+' : '−'}${Math.abs(decibels)} dB`]
  })
  return [...(left.length > 0 ? [`minus ${left.join(', ')}`] : []), ...changed].join(', ')
}

function fileNotFound(id: number, isDeleted: boolean): UserError {
  return isDeleted
    ? new UserError(`File ${id} was deleted with its song.`, { code: 'file-deleted', status: 410 })
    : new UserError(`There is no file ${id}, or it is not ready yet.`, { code: 'file-not-found', status: 404 })
}
