import type { Song } from '../../store/queries/songs.ts'
import { type Answering, musicAnswer } from '../answers.ts'
import { ErrorAnswer, Music, MusicParams, RenameBody } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { findSong, findSongFirst } from './find-song.ts'

export type RenamingRoutes = Pick<Answering, 'db' | 'basePath'> & {
  /** Changes the names that are not undefined. */
  renameSong(song: Song, names: { title?: string | undefined; band?: string | undefined }): Promise<void>
}

/** PATCH /music/{id} */
export function renamingRoutes(app: TypedApp, routes: RenamingRoutes): void {
  const { db, renameSong } = routes
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
      preValidation: findSongFirst(db),
    },
    async (request) => {
      const { music_id } = request.params
      const { name, band } = request.body
      await renameSong(findSong(db, music_id), { title: name, band })
      return musicAnswer(routes, findSong(db, music_id))
    },
  )
}
