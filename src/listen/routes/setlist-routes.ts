import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { UserError } from '../../song/errors.ts'
import { RESTORABLE_MINUTES } from '../../song/restore-period.ts'
import type { Database } from '../../store/ledger/database.ts'
import { getSetlist, type Setlist as StoredSetlist } from '../../store/queries/setlists.ts'
import {
  addSetlist,
  appendToSetlist,
  deleteSetlist,
  replaceSetlist,
  restoreSetlist,
} from '../../store/tables/setlists.ts'
import { ErrorAnswer } from '../schemas.ts'
import { setlistAnswer, setlistAnswers } from '../setlist-answers.ts'
import { NewSetlistBody, Setlist, SetlistBody, SetlistParams, SetlistSongBody } from '../setlist-schemas.ts'
import type { TypedApp } from '../typed-app.ts'
import { etagOf, matchesVersion } from './if-match.ts'

export type SetlistRoutes = {
  db: Database
  basePath: string
  /** Resolves when setlists.json has all present setlists, or cannot be written now. */
  saveSetlists(): Promise<void>
}

const PUT_DESCRIPTION = `\`If-Match\` must have the ETag of the version that is replaced. 428 without it. 409 (\`changed-elsewhere\`) if
the setlist has changed since: then nothing is overwritten, and the ETag of the answer is that of the present version.`

/** The routes of setlists, ordered lists of songs for a gig or a rehearsal. */
export function setlistRoutes(app: TypedApp, { db, basePath, saveSetlists }: SetlistRoutes): void {
  const preValidation = findSetlistFirst(db)
  const tags = ['setlists']

  app.get(
    '/setlists',
    { schema: { tags, summary: 'Lists all setlists', response: { 200: z.array(Setlist) } } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return setlistAnswers(db)
    },
  )

  app.post(
    '/setlists',
    {
      schema: {
        tags,
        summary: 'Adds a setlist',
        body: NewSetlistBody,
        response: { 201: Setlist, 400: ErrorAnswer, 422: ErrorAnswer },
      },
    },
    async (request, reply) => {
      const setlist = addSetlist(db, request.body)
      await saveSetlists()
      reply.status(201).header('location', `${basePath}/setlists/${setlist.id}`)
      return answerWith(reply, setlist)
    },
  )

  app.get(
    '/setlists/:setlist_id',
    {
      schema: {
        tags,
        summary: 'A setlist; its ETag is its version',
        params: SetlistParams,
        response: { 200: Setlist, 404: ErrorAnswer },
      },
    },
    async (request, reply) => answerWith(reply, findSetlist(db, request.params.setlist_id)),
  )

  app.put(
    '/setlists/:setlist_id',
    {
      schema: {
        tags,
        summary: 'Replaces the name and the songs of a setlist',
        description: PUT_DESCRIPTION,
        params: SetlistParams,
        body: SetlistBody,
        response: {
          200: Setlist,
          400: ErrorAnswer,
          404: ErrorAnswer,
          409: ErrorAnswer,
          422: ErrorAnswer,
          428: ErrorAnswer,
        },
      },
      preValidation,
    },
    async (request, reply) => {
      const { id, version } = findSetlist(db, request.params.setlist_id)
      const replaced = matchesVersion(request, version) && replaceSetlist(db, { id, version, ...request.body })
      if (!replaced) {
        reply.header('etag', etagOf(version))
        throw changedElsewhere(id)
      }
      await saveSetlists()
      return answerWith(reply, replaced)
    },
  )

  app.post(
    '/setlists/:setlist_id/songs',
    {
      schema: {
        tags,
        summary: 'Adds a song at the end of a setlist; a song that it has already stays where it is',
        params: SetlistParams,
        body: SetlistSongBody,
        response: { 200: Setlist, 400: ErrorAnswer, 404: ErrorAnswer, 422: ErrorAnswer },
      },
      preValidation,
    },
    async (request, reply) => {
      const { setlist_id: id } = request.params
      const setlist = appendToSetlist(db, { id, songId: request.body.music_id })
      if (!setlist) throw setlistNotFound(id)
      await saveSetlists()
      return answerWith(reply, setlist)
    },
  )

  app.delete(
    '/setlists/:setlist_id',
    {
      schema: {
        tags,
        summary: `Deletes a setlist. It can be restored for ${RESTORABLE_MINUTES} minutes.`,
        params: SetlistParams,
        response: { 200: z.object({}), 404: ErrorAnswer },
      },
    },
    async (request) => {
      const { setlist_id: id } = request.params
      if (!deleteSetlist(db, id)) throw setlistNotFound(id)
      await saveSetlists()
      return {}
    },
  )

  app.post(
    '/setlists/:setlist_id/restore',
    {
      schema: {
        tags,
        summary: 'Restores a deleted setlist',
        params: SetlistParams,
        response: { 200: Setlist, 404: ErrorAnswer, 422: ErrorAnswer },
      },
    },
    async (request, reply) => {
      const { setlist_id: id } = request.params
      const setlist = restoreSetlist(db, id)
      if (!setlist) throw setlistNotDeleted(id)
      await saveSetlists()
      return answerWith(reply, setlist)
    },
  )
}

function answerWith(reply: FastifyReply, setlist: StoredSetlist): Setlist {
  reply.header('etag', etagOf(setlist.version)).header('cache-control', 'no-store')
  return setlistAnswer(setlist)
}

/** A hook that finds the setlist before the body is checked, so that an unknown one is answered 404 whatever the body. */
function findSetlistFirst(db: Database) {
  return async ({ params }: FastifyRequest): Promise<void> => {
    const known = SetlistParams.safeParse(params)
    if (known.success) findSetlist(db, known.data.setlist_id)
  }
}

function findSetlist(db: Database, id: number): StoredSetlist {
  const setlist = getSetlist(db, id)
  if (!setlist) throw setlistNotFound(id)
  return setlist
}

function setlistNotFound(id: number): UserError {
  return new UserError(`There is no setlist ${id}; GET /setlists lists all.`, { code: 'setlist-not-found' })
}

function setlistNotDeleted(id: number): UserError {
  return new UserError(
    `Setlist ${id} is not among the setlists deleted within the last ${RESTORABLE_MINUTES} minutes.`,
    { code: 'setlist-not-deleted' },
  )
}

function changedElsewhere(id: number): UserError {
  return new UserError(
    `Setlist ${id} was changed elsewhere meanwhile. Nothing was overwritten: read it again, and repeat your change on it.`,
    { code: 'changed-elsewhere' },
  )
}
