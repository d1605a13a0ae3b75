import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** What `npm run build` makes of `web/`. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/web/', import.meta.url))

/** The page at /, its hashed files cached for ever. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  if (!existsSync(PAGE_FOLDER)) {
    app.get('/', { schema: { hide: true } }, async (_request, reply) =>
      reply.status(503).send({ error: "The page is not built. Run 'npm run build'.", code: 'page-not-built' }),
    )
    return
  }
  // The page itself holds nothing of anybody's: what it shows it asks for, with the visitor's cookie.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isForEverybody: true }
  })
  await app.register(fastifyStatic, {
    root: PAGE_FOLDER,
    decorateReply: false,
    wildcard: false,
    index: ['index.html'],
    setHeaders: (reply, path) => {
      const isHashed = path.includes('/assets/')
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
