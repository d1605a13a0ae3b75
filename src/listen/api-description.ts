import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'

/** Adds GET /openapi.json and /docs, made from the schemas of the routes. Must be called before routes are added. */
export async function describeApi(
  app: FastifyInstance,
  { version, basePath }: { version: string; basePath: string },
): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Minus One',
        version,
        description: 'Separates songs into stems, and mixes them without the parts that you choose.',
      },
      ...(basePath ? { servers: [{ url: basePath }] } : {}),
      tags: [
        { name: 'music', description: 'Songs: upload, separation, mixes, exports' },
        { name: 'setlists', description: 'Ordered lists of songs for a gig or a rehearsal' },
        { name: 'system', description: 'Jobs, workers, health' },
        { name: 'workers', description: 'For workers only; each call needs a token of its job' },
      ],
    },
    transform: jsonSchemaTransform,
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    indexPrefix: basePath,
    uiConfig: { layout: 'BaseLayout' },
  })
  let description: Buffer | null = null
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    description ??= Buffer.from(JSON.stringify(app.swagger()))
    return reply.type('application/json; charset=utf-8').send(description)
  })
}
