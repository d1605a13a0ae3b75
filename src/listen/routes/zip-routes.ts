import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { UserError } from '../../song/errors.ts'
import { isAsRecorded, type Practice } from '../../song/practice-settings.ts'
import { titleOf } from '../../song/song-title.ts'
import { type CodedFormat, type SoundFormat, STORED_FORMAT } from '../../song/sound-formats.ts'
import type { Database } from '../../store/ledger/database.ts'
import type { Song } from '../../store/queries/songs.ts'
import { type Folders, soundPath } from '../../store/song-files/paths.ts'
import { filesOfSong, findMix, type Mix, type StoredFile } from '../../store/tables/files.ts'
import { MusicParams, ZipQuery } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { disposition, downloadName } from './download-name.ts'
import { exportName, practiceWords } from './export-name.ts'
import { findSong } from './find-song.ts'
import { untilClosed } from './until-closed.ts'
import { type ZipEntry, zipOf } from './zip-of.ts'

/** A file that is made while it is sent, and its length in bytes. */
type ExportedFile = { bytes: number; content: AsyncGenerator<Buffer> }
type PracticeExport = (mix: Mix, stem: string | undefined) => Promise<ExportedFile>

export type ZipRoutes = {
  db: Database
  folders: Folders
  whenChecked(songId: number): Promise<void>
  renderFile(file: StoredFile, format: CodedFormat, signal: AbortSignal): Promise<string>
  /**
   * Begins a download in another key or tempo. Throws a UserError: busy, no-room or too-long.
   * @param signal aborted when the request has ended
   */
  openPractice(download: {
    song: Song
    practice: Practice
    format: SoundFormat
    signal: AbortSignal
  }): Promise<PracticeExport>
}

type Wanted = { format: SoundFormat; practice: Practice; signal: AbortSignal }

/** GET /music/{id}/zip */
export function zipRoutes(app: TypedApp, routes: ZipRoutes): void {
  app.get(
    '/music/:music_id/zip',
    {
      // A request for the headers alone would make files.
      exposeHeadRoute: false,
      schema: {
        tags: ['music'],
        summary: 'All stems of a separated song and its mix, as one zip',
        description:
          'The sound is stored, not compressed again. Semitones (-12 to 12) and tempo (0.25 to 2) change all files.',
        params: MusicParams,
        querystring: ZipQuery,
      },
    },
    async (request, reply) => {
      const { format, ...practice } = request.query
      const song = findSong(routes.db, request.params.music_id)
      await routes.whenChecked(song.id)
      const files = filesToSend(routes.db, song)
      const wanted = { format, practice, signal: untilClosed(reply) }
      const entries = isAsRecorded(practice)
        ? storedEntries(routes, { song, files, ...wanted })
        : practiceEntries(routes, { song, files, ...wanted })
      const zip = await zipOf(entries, wanted.signal)
      const words = ['all tracks', ...practiceWords(practice)].join(', ')
      const name = downloadName({ artist: song.band, title: titleOf(song), words, extension: 'zip' })
      reply.header('content-disposition', disposition(name, 'attachment'))
      reply.header('cache-control', 'private, no-store')
      return reply.type('application/zip').send(Readable.from(zip, { objectMode: false }))
    },
  )
}

/** The stems, and the mix unless it is one of the stems under another name. Throws a UserError until all of them are ready. */
function filesToSend(db: Database, song: Song): StoredFile[] {
  const stems = filesOfSong(db, song.id).filter(({ trackId, isReady }) => trackId !== null && isReady)
  const mix = song.kept && findMix(db, { songId: song.id, mix: { tracks: song.kept, gains: {} } })
  if (song.state !== 'separated' || stems.length < song.tracks.length || !mix?.isReady) {
    throw new UserError(`Song ${song.id} is not separated yet. Ask again when it is.`, { code: 'song-not-separated' })
  }
  const names = new Set(stems.map((file) => exportName({ song, file, format: STORED_FORMAT })))
  return names.has(exportName({ song, file: mix, format: STORED_FORMAT })) ? stems : [...stems, mix]
}

async function* storedEntries(
  { folders, renderFile }: ZipRoutes,
  { song, files, format, signal }: Wanted & { song: Song; files: readonly StoredFile[] },
): AsyncGenerator<ZipEntry> {
  for (const file of files) {
    const path = format === STORED_FORMAT ? soundPath(folders, file) : await renderFile(file, format, signal)
    const { size } = await stat(path)
    yield { name: exportName({ song, file, format }), bytes: size, content: contentOf(path) }
  }
}

async function* practiceEntries(
  { openPractice }: ZipRoutes,
  { song, files, ...wanted }: Wanted & { song: Song; files: readonly StoredFile[] },
): AsyncGenerator<ZipEntry> {
  const { format, practice } = wanted
  const exportFile = await openPractice({ song, ...wanted })
  for (const { trackId, mix } of files) {
    const wantedMix: Mix = { tracks: trackId === null ? (mix?.tracks ?? []) : [trackId], gains: {}, ...practice }
    const stem = song.tracks.find(({ id }) => id === trackId)?.stem
    const name = exportName({ song, file: { trackId, mix: wantedMix }, format })
    yield { name, ...(await exportFile(wantedMix, stem)) }
  }
}

async function* contentOf(path: string): AsyncGenerator<Buffer> {
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 18 })) yield bytes as Buffer
}
