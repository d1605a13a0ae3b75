import { z } from 'zod'
import { UserError } from '../../song/errors.ts'
import { RESTORABLE_MINUTES } from '../../song/restore-period.ts'
import type { Song } from '../../store/queries/songs.ts'
import { type Answering, musicAnswer } from '../answers.ts'
import { ErrorAnswer, Music, MusicParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { musicNotFound } from './find-song.ts'

export type DeletionRoutes = Pick<Answering, 'basePath'> & {
  /** Returns false if there is no such song. */
  deleteSong(songId: number): Promise<boolean>
  /** Returns undefined if the song was not deleted, or was deleted too long ago. */
  restoreSong(songId: number): Promise<Song | undefined>
  /** Cancels all work and erases all songs. */
  reset(): Promise<void>
}

/** The routes that delete one song or all songs, and restore a deleted song. */
export function deletionRoutes(app: TypedApp, routes: DeletionRoutes): void {
  const { deleteSong, restoreSong, reset } = routes

  app.delete(
    '/music/:music_id',
    {
      schema: {
        tags: ['music'],
        summary: `Deletes a song and cancels its work. It can be restored for ${RESTORABLE_MINUTES} minutes.`,
        params: MusicParams,
        response: { 200: z.object({}), 404: ErrorAnswer },
      },
    },
    async (request) => {
      const { music_id } = request.params
      if (!(await deleteSong(music_id))) throw musicNotFound(music_id)
      return {}
    },
  )

  app.post(
    '/music/:music_id/restore',
    {
      schema: {
        tags: ['music'],
        summary: 'Restores a deleted song, and continues its work',
        params: MusicParams,
        response: { 200: Music, 404: ErrorAnswer, 507: ErrorAnswer },
      },
    },
    async (request) => {
      const { music_id } = request.params
      const song = await restoreSong(music_id)
      if (song) return musicAnswer(routes, song)
      throw new UserError(
        `Song ${music_id} is not among the songs deleted within the last ${RESTORABLE_MINUTES} minutes.`,
        {
          code: 'music-not-deleted',
        },
      )
    },
  )

  app.post(
    '/reset',
    { schema: { tags: ['system'], summary: 'Cancels all work, deletes all songs', response: { 200: z.object({}) } } },
    async () => {
      await reset()
      return {}
    },
  )
}
