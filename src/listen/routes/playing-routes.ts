import { z } from 'zod'
import type { Database } from '../../store/ledger/database.ts'
import type { Song } from '../../store/queries/songs.ts'
import { ErrorAnswer, MusicParams, Peaks, PeaksQuery, PlayheadBody, StemParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { findSong } from './find-song.ts'
import { trackNotFound } from './tracks.ts'
import { untilClosed } from './until-closed.ts'

const BLOCK_RETRY_SECONDS = 1
/** A block may change if its song is separated again. */
const BLOCK_CACHE_SECONDS = 60

export type PlayingRoutes = {
  db: Database
  /** Notes where a listener is in a song. */
  movePlayhead(song: Song, playhead: { seconds: number; listener: string }): void
  /**
   * One block of one stem as FLAC. Null if it is not final yet. Throws a UserError if too many requests wait.
   * @param signal aborted when the request has ended
   */
  readBlock(block: { song: Song; trackId: number; segment: number; signal: AbortSignal }): Promise<Buffer | null>
  /**
   * The peaks of each track, by track id: `bins` peaks from 0 to 255 between `from` and `to`, in seconds. Parts that are not
   * separated yet have peaks of 0.
   */
  readPeaks(song: Song, range: { bins: number; from: number; to?: number | undefined }): Promise<Map<number, number[]>>
  /** Resolves when the song's files are checked against the ledger, which the server does after each start. */
  whenChecked(songId: number): Promise<void>
}

/** The routes of a player, which also work while a song is being separated: blocks, waveforms and the playhead. */
export function playingRoutes(app: TypedApp, routes: PlayingRoutes): void {
  addPlayhead(app, routes)
  addPeaks(app, routes)
  addBlock(app, routes)
}

function addPlayhead(app: TypedApp, { db, movePlayhead }: PlayingRoutes): void {
  app.post(
    '/music/:music_id/playhead',
    {
      schema: {
        tags: ['music'],
        summary: 'Reports where a listener is. Segments from there on are separated first. A report counts for 30 s.',
        params: MusicParams,
        body: PlayheadBody,
        response: { 200: z.object({}), 400: ErrorAnswer, 404: ErrorAnswer },
      },
    },
    async (request) => {
      movePlayhead(findSong(db, request.params.music_id), request.body)
      return {}
    },
  )
}

function addPeaks(app: TypedApp, { db, readPeaks }: PlayingRoutes): void {
  app.get(
    '/music/:music_id/peaks',
    {
      schema: {
        tags: ['music'],
        summary: 'The waveforms of the tracks as peaks, as far as they are separated',
        params: MusicParams,
        querystring: PeaksQuery,
        response: { 200: Peaks, 400: ErrorAnswer, 404: ErrorAnswer },
      },
    },
    async (request) => {
      const song = findSong(db, request.params.music_id)
      const { track, ...range } = request.query
      const tracks = [...(await readPeaks(song, range))].map(([track_id, peaks]) => ({ track_id, peaks }))
      if (track === undefined) return { tracks }
      const wanted = tracks.filter(({ track_id }) => track_id === track)
      if (wanted.length === 0) throw trackNotFound(song, track)
      return { tracks: wanted }
    },
  )
}

function addBlock(app: TypedApp, { db, readBlock, whenChecked }: PlayingRoutes): void {
  app.get(
    '/music/:music_id/stems/:track_id/:segment',
    { schema: { tags: ['music'], summary: 'One final block of one stem as FLAC', params: StemParams } },
    async (request, reply) => {
      const { music_id, track_id, segment } = request.params
      const song = findSong(db, music_id)
      if (!song.tracks.some(({ id }) => id === track_id)) throw trackNotFound(song, track_id)
      await whenChecked(music_id)
      const flac = await readBlock({ song, trackId: track_id, segment, signal: untilClosed(reply) })
      if (flac) {
        return reply.type('audio/flac').header('cache-control', `private, max-age=${BLOCK_CACHE_SECONDS}`).send(flac)
      }
      return reply
        .status(404)
        .header('retry-after', BLOCK_RETRY_SECONDS)
        .send({ error: `Block ${segment} of song ${music_id} is not separated yet. Ask again.`, code: 'not-yet' })
    },
  )
}
