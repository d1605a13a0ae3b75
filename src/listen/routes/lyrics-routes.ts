import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { lyricsFromText } from '../../lyrics/formats/read-lyrics.ts'
import { type WritableFormat, writeLyrics } from '../../lyrics/formats/write-lyrics.ts'
import { normaliseLyrics } from '../../lyrics/normalise-lyrics.ts'
import { UserError } from '../../song/errors.ts'
import { type Lyrics, timingOf } from '../../song/lyrics.ts'
import { MAX_LYRICS_BYTES } from '../../song/lyrics-limits.ts'
import type { LyricsWork } from '../../song/lyrics-work.ts'
import { SAMPLE_RATE } from '../../song/pcm.ts'
import type { Database } from '../../store/ledger/database.ts'
import { expectedSamples, type Song } from '../../store/queries/songs.ts'
import { type LyricsOutcome, lyricsOf, lyricsVersionOf, lyricsVersionsOf } from '../../store/tables/lyrics.ts'
import {
  LyricsAnswer,
  LyricsBody,
  LyricsFormatQuery,
  LyricsUseBody,
  LyricsVersionParams,
  LyricsWorkAnswer,
  LyricsWorkBody,
} from '../lyrics-schemas.ts'
import { ErrorAnswer, MusicParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { disposition } from './download-name.ts'
import { findSong } from './find-song.ts'
import { etagOf, matchesVersion } from './if-match.ts'

/** A text of 1 MB in JSON, each of its characters escaped, or the most words with all their fields. */
const BODY_LIMIT = 4 * MAX_LYRICS_BYTES
/** The end of a song that is still being decoded is only announced. */
const BEYOND_END_MS = 1_000

const FILES: Readonly<Record<WritableFormat, { ending: string; type: string }>> = {
  lrc: { ending: 'lrc', type: 'text/plain; charset=utf-8' },
  elrc: { ending: 'lrc', type: 'text/plain; charset=utf-8' },
  srt: { ending: 'srt', type: 'application/x-subrip; charset=utf-8' },
  ttml: { ending: 'ttml', type: 'application/ttml+xml; charset=utf-8' },
  txt: { ending: 'txt', type: 'text/plain; charset=utf-8' },
}

export type LyricsRoutes = {
  db: Database
  /** Saves words that are based on a revision, and resolves when they survive a crash. */
  saveLyrics(song: Song, saved: { lyrics: Lyrics; revision: number }): Promise<LyricsOutcome>
  /** Undefined if there is no such version. */
  useLyrics(song: Song, used: { version: number | null; revision: number }): Promise<LyricsOutcome | undefined>
  lyricsWorkOf(songId: number): LyricsWork | null
  /** Throws a UserError if it cannot be done. */
  requestLyricsWork(song: Song, request: LyricsWorkBody): void
  /** Returns false if there was no work. */
  cancelLyricsWork(song: Song): boolean
}

/** The routes of a song's words: reading, changing, versions, downloads, and the work of placing or hearing them. */
export function lyricsRoutes(app: TypedApp, routes: LyricsRoutes): void {
  addReading(app, routes)
  addChanging(app, routes)
  addWork(app, routes)
}

function addReading(app: TypedApp, { db, lyricsWorkOf }: LyricsRoutes): void {
  app.get(
    '/music/:music_id/lyrics',
    {
      schema: {
        tags: ['lyrics'],
        summary: 'The words of a song, with their times in milliseconds',
        description:
          'The ETag is the revision to name in If-Match when you change them. With `format`, the words in use as a file: LRC, enhanced LRC (with word times), SRT, TTML or plain text.',
        params: MusicParams,
        querystring: LyricsFormatQuery,
        response: { 200: z.union([LyricsAnswer, z.string()]), 404: ErrorAnswer, 409: ErrorAnswer },
      },
    },
    async (request, reply) => {
      const song = findSong(db, request.params.music_id)
      const used = lyricsOf(db, song.id)
      reply.header('etag', etagOf(used.revision)).header('cache-control', 'no-cache')
      const { format } = request.query
      return format
        ? sendFile(reply, { song, lyrics: used.lyrics, format })
        : answer(db, song.id, lyricsWorkOf(song.id))
    },
  )

  app.get(
    '/music/:music_id/lyrics/versions/:version',
    {
      schema: {
        tags: ['lyrics'],
        summary: 'One version of the words of a song',
        params: LyricsVersionParams,
        response: { 200: z.object({ lyrics: LyricsAnswer.shape.lyrics }), 404: ErrorAnswer },
      },
    },
    async (request) => {
      const { music_id, version } = request.params
      const lyrics = lyricsVersionOf(db, { songId: findSong(db, music_id).id, version })
      if (!lyrics) throw noVersion(music_id, version)
      return { lyrics }
    },
  )
}

function addChanging(app: TypedApp, { db, lyricsWorkOf, saveLyrics, useLyrics }: LyricsRoutes): void {
  const changed = { 200: LyricsAnswer, 400: ErrorAnswer, 404: ErrorAnswer, 409: ErrorAnswer, 428: ErrorAnswer }
  app.put(
    '/music/:music_id/lyrics',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags: ['lyrics'],
        summary: 'Gives a song new words',
        description:
          'Either words with all their fields, or a text: LRC, SRT, WebVTT, TTML, UltraStar or plain text, recognised by its content. If-Match names the revision that the change is based on (the ETag of the last answer). If somebody else was faster the answer is 409, and nothing changes. Earlier words stay as versions.',
        params: MusicParams,
        body: LyricsBody,
        response: { ...changed, 413: ErrorAnswer },
      },
    },
    async (request, reply) => {
      const song = findSong(db, request.params.music_id)
      const { revision } = lyricsOf(db, song.id)
      const isBasedOnIt = matchesVersion(request, revision)
      const lyrics = readBody(request.body, song)
      const outcome = isBasedOnIt ? await saveLyrics(song, { lyrics, revision }) : null
      return sendOutcome(reply, { db, song, outcome, work: () => lyricsWorkOf(song.id) })
    },
  )

  app.post(
    '/music/:music_id/lyrics/use',
    {
      schema: {
        tags: ['lyrics'],
        summary: 'Uses an earlier version of the words of a song, or none (null)',
        description: 'If-Match names the revision that the change is based on.',
        params: MusicParams,
        body: LyricsUseBody,
        response: changed,
      },
    },
    async (request, reply) => {
      const song = findSong(db, request.params.music_id)
      const { revision } = lyricsOf(db, song.id)
      const { version } = request.body
      const outcome = matchesVersion(request, revision) ? await useLyrics(song, { version, revision }) : null
      if (outcome === undefined) throw noVersion(song.id, version ?? 0)
      return sendOutcome(reply, { db, song, outcome, work: () => lyricsWorkOf(song.id) })
    },
  )
}

function addWork(app: TypedApp, { db, lyricsWorkOf, requestLyricsWork, cancelLyricsWork }: LyricsRoutes): void {
  app.post(
    '/music/:music_id/lyrics/work',
    {
      schema: {
        tags: ['lyrics'],
        summary: 'Asks for work on the words of a song',
        description:
          'align: finds when each word of the text is sung. transcribe: writes down what is sung, as a draft. Progress comes as the event `lyrics`.',
        params: MusicParams,
        body: LyricsWorkBody,
        response: {
          202: z.object({ work: LyricsWorkAnswer.nullable() }),
          400: ErrorAnswer,
          403: ErrorAnswer,
          404: ErrorAnswer,
          409: ErrorAnswer,
        },
      },
    },
    async (request, reply) => {
      const song = findSong(db, request.params.music_id)
      requestLyricsWork(song, request.body)
      return reply.code(202).send({ work: lyricsWorkOf(song.id) })
    },
  )

  app.delete(
    '/music/:music_id/lyrics/work',
    {
      schema: {
        tags: ['lyrics'],
        summary: 'Ends the work on the words of a song. What it has found so far stays.',
        params: MusicParams,
        response: { 200: z.object({ was_working: z.boolean() }), 404: ErrorAnswer },
      },
    },
    async (request) => ({ was_working: cancelLyricsWork(findSong(db, request.params.music_id)) }),
  )
}

function readBody(body: LyricsBody, song: Song): Lyrics {
  const durationMs = Math.ceil((expectedSamples(song) * 1_000) / SAMPLE_RATE) + BEYOND_END_MS
  if ('lyrics' in body) return normaliseLyrics(body.lyrics, { durationMs })
  const { text, file_name, language = null } = body
  const source = file_name === undefined ? 'pasted' : 'file'
  return lyricsFromText(text, { fileName: file_name ?? null, language, durationMs, source })
}

/** @param outcome null if the request was based on another revision */
function sendOutcome(
  reply: FastifyReply,
  { db, song, outcome, work }: { db: Database; song: Song; outcome: LyricsOutcome | null; work(): LyricsWork | null },
): LyricsAnswer {
  reply.header('etag', etagOf(lyricsOf(db, song.id).revision))
  if (outcome?.kind !== 'saved') {
    throw new UserError(
      `The words of song ${song.id} were changed meanwhile. Read them again, then repeat your change.`,
      { code: 'changed-elsewhere' },
    )
  }
  return answer(db, song.id, work())
}

function answer(db: Database, songId: number, work: LyricsWork | null): LyricsAnswer {
  const { lyrics, version } = lyricsOf(db, songId)
  const versions = lyricsVersionsOf(db, songId).map((each) => ({
    version: each.version,
    source: each.lyrics.source,
    language: each.lyrics.language,
    timing: timingOf(each.lyrics),
    is_draft: each.lyrics.isDraft,
    lines: each.lyrics.lines.length,
    created_at: new Date(each.savedAt).toISOString(),
    in_use: each.version === version,
  }))
  return { lyrics: lyrics as LyricsAnswer['lyrics'], version, versions, work }
}

function sendFile(
  reply: FastifyReply,
  { song, lyrics, format }: { song: Song; lyrics: Lyrics | null; format: WritableFormat },
): string {
  if (!lyrics) throw new UserError(`Song ${song.id} has no words.`, { code: 'no-lyrics' })
  const text = writeLyrics(lyrics, format)
  const { ending, type } = FILES[format]
  reply.header('content-disposition', disposition(`${song.title || `song ${song.id}`}.${ending}`, 'attachment'))
  reply.type(type)
  return text
}

function noVersion(songId: number, version: number): UserError {
  return new UserError(`Song ${songId} has no version ${version} of its words.`, { code: 'no-lyrics' })
}
