import { z } from 'zod'
import { UserError } from '../song/errors.ts'
import { getSong, type Song } from '../store/songs.ts'
import { musicAnswer, progressAnswer, segmentsAnswer } from './answers.ts'
import { musicNotFound } from './errors.ts'
import { untilClosed } from './limits.ts'
import {
  ErrorAnswer,
  KeepBody,
  Music,
  MusicParams,
  Peaks,
  PeaksQuery,
  PlayheadBody,
  Progress,
  RenameBody,
  Segments,
  StemParams,
} from './schemas.ts'
import type { Services } from './services.ts'
import { trackNotFound, tracksToKeep } from './tracks.ts'
import type { TypedApp } from './typed-app.ts'

const RETRY_AFTER_SECONDS = 1

export function musicRoutes(app: TypedApp, services: Services): void {
  const { db } = services
  const find = (id: number): Song => {
    const song = getSong(db, id)
    if (!song) throw musicNotFound(id)
    return song
  }
  /** Before the body is looked at: a song that is not there is 404, whatever was sent. */
  const findFirst = async ({ params }: { params: unknown }): Promise<void> => {
    const known = MusicParams.safeParse(params)
    if (known.success) find(known.data.music_id)
  }

  app.post(
    '/music/:music_id',
    {
      schema: {
        tags: ['music'],
        summary: 'Separates a song and mixes the tracks to keep; returns at once',
        description: 'A JSON array of track ids. The last request wins; what is separated is not separated again.',
        params: MusicParams,
        body: KeepBody,
        response: { 200: Progress, 400: ErrorAnswer, 404: ErrorAnswer, 405: ErrorAnswer, 507: ErrorAnswer },
      },
      preValidation: findFirst,
    },
    async (request) => {
      const song = find(request.params.music_id)
      await services.keep(song, tracksToKeep(song, request.body))
      return progressAnswer(services, find(song.id), baseUrl(request))
    },
  )

  app.get(
    '/music/:music_id',
    {
      schema: {
        tags: ['music'],
        summary: "A song's progress, and links to what is ready",
        params: MusicParams,
        response: { 200: Progress, 404: ErrorAnswer },
      },
    },
    async (request) => progressAnswer(services, find(request.params.music_id), baseUrl(request)),
  )

  app.post(
    '/music/:music_id/playhead',
    {
      schema: {
        tags: ['music'],
        summary: 'Says where a listener is: from here on is separated first; forgotten after 30 s',
        params: MusicParams,
        body: PlayheadBody,
        response: { 200: z.object({}), 400: ErrorAnswer, 404: ErrorAnswer },
      },
    },
    async (request) => {
      services.listen(find(request.params.music_id), request.body)
      return {}
    },
  )

  app.delete(
    '/music/:music_id',
    {
      schema: {
        tags: ['music'],
        summary: 'Deletes a song, cancelling its work; for ten minutes it can be restored',
        params: MusicParams,
        response: { 200: z.object({}), 404: ErrorAnswer },
      },
    },
    async (request) => {
      const { music_id } = request.params
      if (!(await services.deleteSong(music_id))) throw musicNotFound(music_id)
      return {}
    },
  )

  app.patch(
    '/music/:music_id',
    {
      schema: {
        tags: ['music'],
        summary: 'Renames a song',
        params: MusicParams,
        body: RenameBody,
        response: { 200: Music, 400: ErrorAnswer, 404: ErrorAnswer },
      },
      preValidation: findFirst,
    },
    async (request) => {
      const { music_id } = request.params
      const { name, band } = request.body
      await services.rename(find(music_id), { title: name, band })
      return musicAnswer(services, find(music_id))
    },
  )

  app.post(
    '/music/:music_id/restore',
    {
      schema: {
        tags: ['music'],
        summary: 'Takes a deleted song back, as it was; it goes on from there',
        params: MusicParams,
        response: { 200: Music, 404: ErrorAnswer, 507: ErrorAnswer },
      },
    },
    async (request) => {
      const { music_id } = request.params
      const song = await services.restoreSong(music_id)
      if (song) return musicAnswer(services, song)
      throw new UserError(`Song ${music_id} is not among the songs deleted within the last ten minutes.`, {
        code: 'music-not-deleted',
        status: 404,
      })
    },
  )

  app.post(
    '/music/:music_id/retry',
    {
      schema: {
        tags: ['music'],
        summary: 'Begins a song that failed anew',
        params: MusicParams,
        response: { 200: Progress, 404: ErrorAnswer, 405: ErrorAnswer, 507: ErrorAnswer },
      },
    },
    async (request) => {
      const { id } = find(request.params.music_id)
      if (await services.retry(id)) return progressAnswer(services, find(id), baseUrl(request))
      throw new UserError(`Song ${id} has not failed: there is nothing to try again.`, {
        code: 'song-not-failed',
        status: 405,
      })
    },
  )

  app.get(
    '/music/:music_id/segments',
    {
      schema: {
        tags: ['music'],
        summary: 'The grid of a song and the state of each segment',
        params: MusicParams,
        response: { 200: Segments, 404: ErrorAnswer },
      },
    },
    async (request) => segmentsAnswer(services, find(request.params.music_id)),
  )

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
      const song = find(request.params.music_id)
      const { track, ...range } = request.query
      const tracks = [...(await services.peaks(song, range))].map(([track_id, peaks]) => ({ track_id, peaks }))
      if (track === undefined) return { tracks }
      const wanted = tracks.filter(({ track_id }) => track_id === track)
      if (wanted.length === 0) throw trackNotFound(song, track, 404)
      return { tracks: wanted }
    },
  )

  app.get(
    '/music/:music_id/stems/:track_id/:segment',
    { schema: { tags: ['music'], summary: 'One final block of one stem as FLAC', params: StemParams } },
    async (request, reply) => {
      const { music_id, track_id, segment } = request.params
      const song = find(music_id)
      if (!song.tracks.some(({ id }) => id === track_id)) throw trackNotFound(song, track_id, 404)
      await services.whenChecked(music_id)
      const flac = await services.block({ song, trackId: track_id, segment, signal: untilClosed(reply) })
      if (flac) return reply.type('audio/flac').header('cache-control', 'private, max-age=60').send(flac)
      return reply
        .status(404)
        .header('retry-after', RETRY_AFTER_SECONDS)
        .send({
          error: `Block ${segment} of song ${music_id} is not separated yet. Ask again.`,
          code: 'not-yet',
        })
    },
  )
}

/** "http://host" as the caller reached us, so that links lead back the same way. */
export function baseUrl(request: { protocol: string; host: string }): string {
  return `${request.protocol}://${request.host}`
}
