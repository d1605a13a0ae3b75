import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** The page, as built by `npm run build`. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/web/', import.meta.url))

/** The route of the page, at /. Files with a hash in their name may be cached for ever. @param folder the built page */
export async function pageRoutes(app: FastifyInstance, { folder = PAGE_FOLDER }: { folder?: string }): Promise<void> {
  if (!existsSync(folder)) {
    app.get('/', { schema: { hide: true } }, async (_request, reply) =>
      reply.status(503).send({ error: "The page is not built. Run 'npm run build'.", code: 'page-not-built' }),
    )
    return
  }
  // The page's files contain nothing private. The page fetches songs with the visitor's cookie.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isForEverybody: true }
  })
  await app.register(fastifyStatic, {
    root: folder,
    decorateReply: false,
    wildcard: false,
    index: ['index.html'],
    setHeaders: (reply, path) => {
      const isHashed = path.includes('/assets/')
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
