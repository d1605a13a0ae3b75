import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { getSong, listSongs } from '../store/songs.ts'
import { musicAnswer, progressAnswer, segmentEvents } from './answers.ts'
import { musicNotFound } from './errors.ts'
import type { ServerEvent } from './events.ts'
import { baseUrl } from './music.ts'
import { Health, ModelAnswer, MusicParams, WorkerAnswer } from './schemas.ts'
import type { Services } from './services.ts'
import type { TypedApp } from './typed-app.ts'

/** @param isMember whether a request may see more than that all is well */
export function systemRoutes(app: TypedApp, services: Services, isMember: (request: FastifyRequest) => boolean): void {
  const { db, events } = services

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
      config: { isForEverybody: true, rateLimit: false },
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
    { schema: { tags: ['system'], summary: 'Server-sent events of all songs and workers' } },
    (request, reply) => {
      reply.hijack()
      services.expectListener()
      events.add({
        response: reply.raw,
        songId: null,
        lastEventId: lastEventId(request.headers['last-event-id']),
        present: () => [
          ...listSongs(db).flatMap((song) => songEvents(song.id, baseUrl(request))),
          { type: 'workers', songId: null, data: services.workers() },
        ],
      })
    },
  )

  app.get(
    '/music/:music_id/events',
    { schema: { tags: ['music'], summary: 'Server-sent events of one song', params: MusicParams } },
    (request, reply) => {
      const { music_id } = request.params
      if (!getSong(db, music_id)) throw musicNotFound(music_id)
      reply.hijack()
      events.add({
        response: reply.raw,
        songId: music_id,
        lastEventId: lastEventId(request.headers['last-event-id']),
        present: () => songEvents(music_id, baseUrl(request), true),
      })
    },
  )

  function songEvents(songId: number, base: string, isOneSong = false): ServerEvent[] {
    const song = getSong(db, songId)
    if (!song) return []
    return [
      { type: 'song', songId, data: musicAnswer(song) },
      { type: 'progress', songId, data: progressAnswer(services, song, base) },
      // Of songs that are done there are thousands, and nothing moves in them: who wants their segments asks for them.
      ...(song.state === 'separated' && !isOneSong ? [] : segmentEvents(services, song)),
    ]
  }
}

function lastEventId(header: string | string[] | undefined): number | null {
  const id = Number(header)
  return header !== undefined && Number.isSafeInteger(id) ? id : null
}
