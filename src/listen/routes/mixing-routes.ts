import { UserError } from '../../song/errors.ts'
import type { Database } from '../../store/ledger/database.ts'
import type { Song } from '../../store/queries/songs.ts'
import type { Mix, StoredFile } from '../../store/tables/files.ts'
import { ErrorAnswer, MixAnswer, MixBody, MusicParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { findSong } from './find-song.ts'
import { wantedMix } from './tracks.ts'

export type MixingRoutes = {
  db: Database
  basePath: string
  /** Requests a mix of a separated song. Its file is ready soon. Throws a UserError if the disk has no room or too many mixes wait. */
  requestCustomMix(song: Song, mix: Mix): Promise<StoredFile>
}

/** POST /music/{id}/mix */
export function mixingRoutes(app: TypedApp, { db, basePath, requestCustomMix }: MixingRoutes): void {
  app.post(
    '/music/:music_id/mix',
    {
      schema: {
        tags: ['music'],
        summary: 'Renders any mix of a separated song',
        description:
          'Gains in dB and pan (-1 to 1, a balance) by track id or stem; a gain of null is off. Semitones (-12 to 12) and tempo ' +
          '(0.25 to 2, 1 is as recorded) change the key and the speed. The answer says where the mix will be.',
        params: MusicParams,
        body: MixBody,
        response: {
          202: MixAnswer,
          400: ErrorAnswer,
          404: ErrorAnswer,
          405: ErrorAnswer,
          413: ErrorAnswer,
          429: ErrorAnswer,
          507: ErrorAnswer,
        },
      },
    },
    async (request, reply) => {
      const song = findSong(db, request.params.music_id)
      if (song.state !== 'separated') {
        throw new UserError(`Song ${song.id} is not separated yet. Ask again when it is.`, {
          code: 'song-not-separated',
        })
      }
      const { format, ...wanted } = request.body
      const { id, isReady } = await requestCustomMix(song, wantedMix(song, wanted))
      return reply.status(202).send({ file: `${basePath}/file/${id}?format=${format}`, ready: isReady })
    },
  )
}
