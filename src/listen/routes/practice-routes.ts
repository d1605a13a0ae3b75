import { UserError } from '../../song/errors.ts'
import { SAMPLE_RATE } from '../../song/pcm.ts'
import { type PracticeSettings, stemsOf } from '../../song/practice-settings.ts'
import { PracticeSettingsSchema } from '../../song/practice-settings-schema.ts'
import type { Database } from '../../store/ledger/database.ts'
import { expectedSamples, type Song } from '../../store/queries/songs.ts'
import { practiceSettingsOf, type SavedPractice, type SaveOutcome } from '../../store/tables/practice-settings.ts'
import { ErrorAnswer, MusicParams } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { findSong } from './find-song.ts'
import { etagOf, matchesVersion } from './if-match.ts'

/** Times that were set while the song was being decoded may be this much too late: the announced length is not exact. */
const MAX_SECONDS_BEYOND_END = 1

export type PracticeRoutes = {
  db: Database
  /** Saves settings that are based on a version, and resolves when they survive a crash. */
  savePractice(song: Song, practice: SavedPractice): Promise<SaveOutcome>
}

/** GET and PUT /music/{id}/practice */
export function practiceRoutes(app: TypedApp, { db, savePractice }: PracticeRoutes): void {
  app.get(
    '/music/:music_id/practice',
    {
      schema: {
        tags: ['music'],
        summary: 'What users set to practise a song: mix, key, tempo, loop and markers',
        description: 'The ETag is the version to name in If-Match when you change it.',
        params: MusicParams,
        response: { 200: PracticeSettingsSchema, 404: ErrorAnswer },
      },
    },
    async (request, reply) => {
      const { settings, version } = practiceSettingsOf(db, findSong(db, request.params.music_id).id)
      return reply.header('etag', etagOf(version)).header('cache-control', 'no-cache').send(settings)
    },
  )

  app.put(
    '/music/:music_id/practice',
    {
      schema: {
        tags: ['music'],
        summary: 'Changes what users set to practise a song',
        description:
          'If-Match names the version that the change is based on (the ETag of the last answer). Stems are named as in `tracks`, gains are in dB, pan is from -1 (left) to 1 (right), times are in seconds. If somebody else was faster the answer is 409, and nothing changes.',
        params: MusicParams,
        body: PracticeSettingsSchema,
        response: {
          200: PracticeSettingsSchema,
          400: ErrorAnswer,
          404: ErrorAnswer,
          409: ErrorAnswer,
          428: ErrorAnswer,
        },
      },
    },
    async (request, reply) => {
      const song = findSong(db, request.params.music_id)
      const { version } = practiceSettingsOf(db, song.id)
      const isBasedOnIt = matchesVersion(request, version)
      refuseUnfitting(song, request.body)
      const outcome: SaveOutcome = isBasedOnIt
        ? await savePractice(song, { settings: request.body, version })
        : { kind: 'changed-elsewhere', version }
      reply.header('etag', etagOf(outcome.version))
      if (outcome.kind === 'changed-elsewhere') {
        throw new UserError(
          `The settings of song ${song.id} were changed meanwhile. Read them again, then repeat your change.`,
          { code: 'changed-elsewhere' },
        )
      }
      return reply.send(request.body)
    },
  )
}

/** Refuses stems that the song does not have, and times beyond its end. */
function refuseUnfitting(song: Song, { mix, loop, markers }: PracticeSettings): void {
  const known = song.tracks.map(({ stem }) => stem)
  const unknown = mix && stemsOf(mix).find((stem) => !known.includes(stem))
  if (typeof unknown === 'string') {
    throw new UserError(`Song ${song.id} has no stem “${unknown}”. It has ${known.join(', ')}.`, {
      code: 'bad-request',
    })
  }
  // The length of a song that is still being decoded is only announced.
  if (!song.isDecoded) return
  const seconds = expectedSamples(song) / SAMPLE_RATE
  const isBeyond = (time: number): boolean => time > seconds + MAX_SECONDS_BEYOND_END
  if (loop && (loop.start >= seconds || isBeyond(loop.end))) {
    throw new UserError(
      `The loop from ${loop.start} s to ${loop.end} s is not inside song ${song.id}, which ends at ${seconds.toFixed(2)} s. Set it again.`,
      { code: 'bad-request' },
    )
  }
  const marker = markers.find((each) => isBeyond(each.seconds))
  if (marker) {
    throw new UserError(
      `The marker “${marker.name}” at ${marker.seconds} s is behind the end of song ${song.id} (${seconds.toFixed(2)} s). Move or remove it.`,
      { code: 'bad-request' },
    )
  }
}
