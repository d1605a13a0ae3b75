import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Health, ModelAnswer, WorkerAnswer } from '../schemas.ts'
import type { TypedApp } from '../typed-app.ts'

export type StatusRoutes = {
  workers(): WorkerAnswer[]
  models(): ModelAnswer[]
  health(): Health
  /** In the Prometheus text format. */
  metrics(): Promise<{ type: string; text: string }>
}

/**
 * The routes that show the state of the server.
 * @param authenticate whether a request may see more of the server's health than its state
 */
export function statusRoutes(
  app: TypedApp,
  { workers, models, health, metrics }: StatusRoutes,
  authenticate: (request: FastifyRequest) => boolean,
): void {
  app.get(
    '/workers',
    {
      schema: {
        tags: ['system'],
        summary: 'Lists the connected workers and what they do',
        response: { 200: z.array(WorkerAnswer) },
      },
    },
    async () => workers(),
  )

  app.get(
    '/models',
    {
      schema: {
        tags: ['system'],
        summary: 'Lists the models that are installed or can be installed',
        response: { 200: z.array(ModelAnswer) },
      },
    },
    async () => models(),
  )

  app.get(
    '/healthz',
    {
      config: { isForEverybody: true, counted: 'of-members' },
      schema: {
        tags: ['system'],
        summary: 'Whether the server works, and if not, why',
        response: { 200: Health, 503: Health },
      },
    },
    async (request, reply) => {
      const all = health()
      const { ok, reasons } = all
      return reply.status(ok ? 200 : 503).send(authenticate(request) ? all : { ok, reasons })
    },
  )

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const { type, text } = await metrics()
    return reply.type(type).send(text)
  })
}
