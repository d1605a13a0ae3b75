import { z } from 'zod'
import type { Database } from '../../store/ledger/database.ts'
import { songIds } from '../../store/queries/song-ids.ts'
import { baseUrl } from '../base-url.ts'
import type { EventStream } from '../events/event-stream.ts'
import { jsonArray } from '../events/json-array.ts'
import type { SongTexts } from '../events/song-texts.ts'
import { LibraryQuery, LibrarySong } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'

/** The version of a page of the library, for `/events?since=`. */
const VERSION_HEADER = 'x-minus-one-version'

const DESCRIPTION = `Without \`limit\` all songs as one array. With it a page: each song with its progress, and with its segments
while it is not separated. \`Link: <…>; rel="next"\` names the next page; without it this was the last one. \`X-Minus-One-Version\` is the version
that a page belongs to: read all pages, then listen to \`/events?since=\` with the version of the first one.`

export type LibraryRoutes = {
  db: Database
  basePath: string
  events: EventStream
  /** Called when a page has connected, whose visitor may soon add songs or listen. */
  expectListener(): void
}

/** GET /music. The answer is made while it is read, so a slow reader needs memory for one portion only. */
export function libraryRoutes(
  app: TypedApp,
  { db, basePath, events, expectListener }: LibraryRoutes,
  texts: SongTexts,
): void {
  app.get(
    '/music',
    {
      schema: {
        tags: ['music'],
        summary: 'Lists all songs, or a page of them',
        description: DESCRIPTION,
        querystring: LibraryQuery,
        response: { 200: z.array(LibrarySong) },
      },
    },
    async (request, reply) => {
      const { limit, after, order } = request.query
      const base = baseUrl(request)
      reply.type('application/json; charset=utf-8').header('cache-control', 'no-store')
      const all = songIds(db, { after, order })
      if (limit === undefined) return reply.send(jsonArray(all, (id) => texts.music(id)) as never)
      expectListener()
      reply.header(VERSION_HEADER, events.version())
      const ids = all.take(limit + 1).toArray()
      const last = ids[limit - 1]
      if (ids.length > limit)
        reply.header('link', `<${basePath}/music?limit=${limit}&after=${last}&order=${order}>; rel="next"`)
      return reply.send(jsonArray(ids.slice(0, limit), (id) => texts.librarySong(id, base)) as never)
    },
  )
}
