import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { getSong } from '../store/songs.ts'
import { musicNotFound, versionGone } from './errors.ts'
import { eventText } from './event-log.ts'
import { baseUrl } from './music.ts'
import { EventsQuery, Health, ModelAnswer, MusicParams, WorkerAnswer } from './schemas.ts'
import type { Services } from './services.ts'
import { Snapshot } from './snapshot.ts'
import type { SongTexts } from './song-texts.ts'
import type { TypedApp } from './typed-app.ts'

/** @param isMember whether a request may see more than that all is well */
export function systemRoutes(
  app: TypedApp,
  {
    services,
    texts,
    isMember,
  }: { services: Services; texts: SongTexts; isMember: (request: FastifyRequest) => boolean },
): void {
  const { db, events } = services
  const snapshot = new Snapshot({ db, texts, events })

  app.post(
    '/reset',
    { schema: { tags: ['system'], summary: 'Cancels all work, deletes all songs', response: { 200: z.object({}) } } },
    async () => {
      await services.reset()
      return {}
    },
  )

  app.get(
    '/workers',
    {
      schema: {
        tags: ['system'],
        summary: 'Who is connected and doing what',
        response: { 200: z.array(WorkerAnswer) },
      },
    },
    async () => services.workers(),
  )

  app.get(
    '/models',
    {
      schema: {
        tags: ['system'],
        summary: 'Models: installed ones, and those that can be',
        response: { 200: z.array(ModelAnswer) },
      },
    },
    async () => services.models(),
  )

  app.get(
    '/healthz',
    {
      config: { isForEverybody: true, counted: 'of-members' },
      schema: {
        tags: ['system'],
        summary: 'Whether all is well, and if not why',
        response: { 200: Health, 503: Health },
      },
    },
    async (request, reply) => {
      const health = services.health()
      const { ok, reasons } = health
      return reply.status(ok ? 200 : 503).send(isMember(request) ? health : { ok, reasons })
    },
  )

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const { type, text } = await services.metrics()
    return reply.type(type).send(text)
  })

  app.get(
    '/events',
    {
      exposeHeadRoute: false, // it would never end
      schema: {
        tags: ['system'],
        summary: 'Server-sent events of all songs and workers',
        description:
          'The present state first, then what changes. With `since`, the version of a page of `GET /music?limit=`, only what has changed since; 410 when that is no longer known: read the songs again. `Last-Event-ID` resumes, and goes before `since`.',
        querystring: EventsQuery,
      },
    },
    (request, reply) => {
      const { since } = request.query
      const after = lastEventId(request.headers['last-event-id']) ?? since ?? null
      if (since !== undefined && after !== null && !events.canResume(after)) throw versionGone(after)
      reply.hijack()
      services.expectListener()
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
      const { music_id } = request.params
      if (!getSong(db, music_id)) throw musicNotFound(music_id)
      reply.hijack()
      events.add({
        response: reply.raw,
        songId: music_id,
        after: lastEventId(request.headers['last-event-id']),
        present: () => texts.events(music_id, { base: baseUrl(request), isAlone: true }),
      })
    },
  )

  function* presentState(base: string): Generator<string | Buffer> {
    yield* snapshot.portions(base)
    yield eventText('workers', JSON.stringify(services.workers()))
  }
}

function lastEventId(header: string | string[] | undefined): number | null {
  const id = Number(header)
  return header !== undefined && Number.isSafeInteger(id) ? id : null
}
