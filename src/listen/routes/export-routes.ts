import { basename, dirname, relative } from 'node:path'
import type { FastifyReply } from 'fastify'
import { UserError } from '../../song/errors.ts'
import { type CodedFormat, SOUND_FORMATS, type SoundFormat, STORED_FORMAT } from '../../song/sound-formats.ts'
import type { Database } from '../../store/ledger/database.ts'
import { getSong } from '../../store/queries/songs.ts'
import { coverPath, type Folders, originalPath, songsFolder, soundPath } from '../../store/song-files/paths.ts'
import { getFile, type StoredFile, wasEverFile } from '../../store/tables/files.ts'
import { FileParams, FileQuery, MusicParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { disposition } from './download-name.ts'
import { exportName } from './export-name.ts'
import { findSong } from './find-song.ts'
import { untilClosed } from './until-closed.ts'

export type ExportRoutes = {
  db: Database
  folders: Folders
  /** Resolves when the song's files are checked against the ledger, which the server does after each start. */
  whenChecked(songId: number): Promise<void>
  /**
   * The path of a ready file in another format. The first request renders it. Throws a UserError if too many requests wait.
   * @param signal aborted when the request has ended
   */
  renderFile(file: StoredFile, format: CodedFormat, signal: AbortSignal): Promise<string>
}

/** The routes of downloads: stems, mixes, the cover picture and the original upload. */
export function exportRoutes(app: TypedApp, routes: ExportRoutes): void {
  addFile(app, routes)
  const { db, folders } = routes

  app.get(
    '/music/:music_id/cover',
    { schema: { tags: ['music'], summary: 'The picture of a song, from its file', params: MusicParams } },
    async (request, reply) => {
      const { id, cover } = findSong(db, request.params.music_id)
      if (cover === null) throw new UserError(`Song ${id} has no picture in its file.`, { code: 'no-cover' })
      return reply.type(cover).sendFile(pathBelow(folders, coverPath(folders, id)), { contentType: false })
    },
  )

  app.get(
    '/music/:music_id/original',
    { schema: { tags: ['music'], summary: 'The uploaded file, unchanged', params: MusicParams } },
    async (request, reply) => {
      const { id, fileName, uploadName } = findSong(db, request.params.music_id)
      if (uploadName !== null)
        throw new UserError(`Song ${id} is still being uploaded. Ask again when it is complete.`, { code: 'not-yet' })
      // A browser must save the file, not open it as a page of this server.
      reply.header('content-disposition', disposition(fileName || `song ${id}`, 'attachment'))
      return reply.type('application/octet-stream').sendFile(pathBelow(folders, originalPath(folders, id)))
    },
  )
}

/** GET /file/{id}, as a whole or in ranges. */
function addFile(app: TypedApp, { db, folders, whenChecked, renderFile }: ExportRoutes): void {
  app.get(
    '/file/:file_id',
    { schema: { tags: ['music'], summary: 'A stem or a mix', params: FileParams, querystring: FileQuery } },
    async (request, reply) => {
      const { file_id } = request.params
      const { format, download } = request.query
      const file = getFile(db, file_id)
      const song = file && getSong(db, file.songId)
      if (!file || !song) throw fileNotFound(file_id, wasEverFile(db, file_id))
      await whenChecked(song.id)
      if (!getFile(db, file_id)?.isReady) throw fileNotFound(file_id, false)
      const path =
        format === STORED_FORMAT ? soundPath(folders, file) : await renderFile(file, format, untilClosed(reply))
      const name = exportName({ song, file, format })
      return sendSound(reply, { path: pathBelow(folders, path), name, format, isDownload: download !== undefined })
    },
  )
}

/** @param path relative to the folder of songs */
function sendSound(
  reply: FastifyReply,
  { path, name, format, isDownload }: { path: string; name: string; format: SoundFormat; isDownload: boolean },
): FastifyReply {
  reply.header('content-disposition', disposition(name, isDownload ? 'attachment' : 'inline'))
  reply.header('cache-control', 'private, max-age=0, must-revalidate')
  return reply.type(SOUND_FORMATS[format].mediaType).sendFile(path, { contentType: false })
}

/** The path relative to the folder of songs, for `sendFile`. */
function pathBelow(folders: Folders, path: string): string {
  return `${relative(songsFolder(folders), dirname(path))}/${basename(path)}`
}

function fileNotFound(id: number, isDeleted: boolean): UserError {
  return isDeleted
    ? new UserError(`File ${id} was deleted with its song.`, { code: 'file-deleted' })
    : new UserError(`There is no file ${id}, or it is not ready yet.`, { code: 'file-not-found' })
}
