import { UserError } from '../../song/errors.ts'
import type { Song } from '../../store/queries/songs.ts'
import { type Answering, progressAnswer, segmentsAnswer } from '../answers.ts'
import { baseUrl } from '../base-url.ts'
import { ErrorAnswer, KeepBody, MusicParams, Progress, Segments } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { findSong, findSongFirst } from './find-song.ts'
import { tracksOfMix } from './tracks.ts'

export type SeparationRoutes = Answering & {
  /** Requests a mix of these tracks. Throws a UserError if the song has failed or the disk has no room. */
  requestMix(song: Song, tracks: readonly number[]): Promise<void>
  /** Restarts a failed song. Returns false if it has not failed. Throws a UserError if the disk has no room. */
  retrySong(songId: number): Promise<boolean>
}

/** The routes that separate a song and show its progress. */
export function separationRoutes(app: TypedApp, routes: SeparationRoutes): void {
  addSeparation(app, routes)
  addRetry(app, routes)
  const { db } = routes

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
    async (request) => progressAnswer(routes, findSong(db, request.params.music_id), baseUrl(request)),
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
    async (request) => segmentsAnswer(routes, findSong(db, request.params.music_id)),
  )
}

function addSeparation(app: TypedApp, routes: SeparationRoutes): void {
  const { db, requestMix } = routes
  app.post(
    '/music/:music_id',
    {
      schema: {
        tags: ['music'],
        summary: 'Requests a mix of the tracks to keep, and the separation if it has not begun; returns at once',
        description:
          'A JSON array of track ids. The last request wins. What is already separated is not separated again.',
        params: MusicParams,
        body: KeepBody,
        response: { 200: Progress, 400: ErrorAnswer, 404: ErrorAnswer, 405: ErrorAnswer, 507: ErrorAnswer },
      },
      preValidation: findSongFirst(db),
    },
    async (request) => {
      const song = findSong(db, request.params.music_id)
      await requestMix(song, tracksOfMix(song, request.body))
      return progressAnswer(routes, findSong(db, song.id), baseUrl(request))
    },
  )
}

function addRetry(app: TypedApp, routes: SeparationRoutes): void {
  const { db, retrySong } = routes
  app.post(
    '/music/:music_id/retry',
    {
      schema: {
        tags: ['music'],
        summary: 'Starts a failed song again',
        params: MusicParams,
        response: { 200: Progress, 404: ErrorAnswer, 405: ErrorAnswer, 507: ErrorAnswer },
      },
    },
    async (request) => {
      const { id } = findSong(db, request.params.music_id)
      if (await retrySong(id)) return progressAnswer(routes, findSong(db, id), baseUrl(request))
      throw new UserError(`Song ${id} has not failed: there is nothing to try again.`, { code: 'song-not-failed' })
    },
  )
}
