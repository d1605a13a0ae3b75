import { UserError } from '../../song/errors.ts'
import type { Database } from '../../store/ledger/database.ts'
import { baseUrl } from '../base-url.ts'
import { eventText } from '../events/event-log.ts'
import type { EventStream } from '../events/event-stream.ts'
import { PresentState } from '../events/present-state.ts'
import type { SongTexts } from '../events/song-texts.ts'
import { EventsQuery, MusicParams, type WorkerAnswer } from '../schemas.ts'
import { setlistAnswers } from '../setlist-answers.ts'
import type { TypedApp } from '../typed-app.ts'
import { findSong } from './find-song.ts'

export type EventRoutes = {
  db: Database
  events: EventStream
  workers(): WorkerAnswer[]
  /** Called when a page has connected, whose visitor may soon add songs or listen. */
  expectListener(): void
}

const DESCRIPTION =
  'The present state first, then what changes. With `since`, the version of a page of `GET /music?limit=`, only what has changed since; 410 when that is no longer known: read the songs again. `Last-Event-ID` resumes, and goes before `since`.'

/** The routes of server-sent events (HTML Standard, 9.2). */
export function eventRoutes(
  app: TypedApp,
  { db, events, workers, expectListener }: EventRoutes,
  texts: SongTexts,
): void {
  const songs = new PresentState({ db, texts, events })

  function* presentState(base: string): Generator<string | Buffer> {
    yield* songs.portions(base)
    yield eventText('setlists', JSON.stringify(setlistAnswers(db)))
    yield eventText('workers', JSON.stringify(workers()))
  }

  app.get(
    '/events',
    {
      exposeHeadRoute: false, // its answer would never end
      schema: {
        tags: ['system'],
        summary: 'Server-sent events of all songs, setlists and workers',
        description: DESCRIPTION,
        querystring: EventsQuery,
      },
    },
    (request, reply) => {
      const { since } = request.query
      const after = lastEventId(request.headers['last-event-id']) ?? since ?? null
      if (since !== undefined && after !== null && !events.canResume(after)) throw versionGone(after)
      reply.hijack()
      expectListener()
      const present = () => presentState(baseUrl(request))
      events.add({ response: reply.raw, songId: null, after, present: since === undefined ? present : null })
    },
  )

  app.get(
    '/music/:music_id/events',
    {
      exposeHeadRoute: false,
      schema: { tags: ['music'], summary: 'Server-sent events of one song', params: MusicParams },
    },
    (request, reply) => {
      const { id } = findSong(db, request.params.music_id)
      reply.hijack()
      events.add({
        response: reply.raw,
        songId: id,
        after: lastEventId(request.headers['last-event-id']),
        present: () => texts.events(id, { base: baseUrl(request), isAlone: true }),
      })
    },
  )
}

function lastEventId(header: string | string[] | undefined): number | null {
  const id = Number(header)
  return header !== undefined && Number.isSafeInteger(id) ? id : null
}

function versionGone(version: number): UserError {
  return new UserError(
    `What has changed since version ${version} is no longer known. Read the songs again (GET /music?limit=500) and listen since the version that comes with them.`,
    { code: 'version-gone' },
  )
}
