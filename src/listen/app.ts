import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import { type FastifyInstance, fastify } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Log } from '../log.ts'
import { songsFolder } from '../store/paths.ts'
import { Access, guardAccess } from './access.ts'
import { answerError, answerUnknownRoute } from './errors.ts'
import { fileRoutes } from './files.ts'
import { jobRoutes } from './job.ts'
import { readJson } from './json.ts'
import { cutOffStalled, limitUploads, tooManyRequests } from './limits.ts'
import { loginRoutes } from './login.ts'
import { musicRoutes } from './music.ts'
import { guardOrigin } from './origin.ts'
import { pageRoutes } from './page.ts'
import type { Services } from './services.ts'
import { systemRoutes } from './system.ts'
import { takeAwayRoutes } from './take-away.ts'
import { uploadRoutes } from './upload.ts'

const JSON_LIMIT_BYTES = 1 << 20
/** Time for the request's head; bodies may take as long as they make progress. */
const HEAD_TIMEOUT_MS = 20_000
/** A connection on which nothing moves, in either direction, is closed. */
const IDLE_TIMEOUT_MS = 600_000

export type App = FastifyInstance

/** What comes in, and how much of it. */
export type Doors = {
  host: string
  serverUrl: string | undefined
  /** Unset: whoever reaches the server is let in. */
  accessToken: string | undefined
  tls: { cert: Buffer; key: Buffer } | undefined
  trustedProxy: string | undefined
  /** Of one address; 0: any number. */
  requestsPerMinute: number
  uploadsAtOnce: number
  stalledMs: number
}

/** The HTTP server: routes, their checks and their documentation. `inject` reaches all of it without a port. */
export async function createApp({
  services,
  log,
  doors,
}: {
  services: Services
  log: Log
  doors: Doors
}): Promise<App> {
  const heads = { headersTimeout: HEAD_TIMEOUT_MS }
  const options = {
    bodyLimit: JSON_LIMIT_BYTES,
    requestTimeout: 0,
    connectionTimeout: IDLE_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    ...(doors.trustedProxy === undefined ? {} : { trustProxy: doors.trustedProxy }),
    http: heads,
  }
  // Fastify has another type for https, which nothing here depends on.
  const app: App = fastify({ ...options, ...(doors.tls && { https: { ...doors.tls, ...heads } }) } as typeof options)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error, request, reply) => answerError({ error, request, reply, log }))
  app.setNotFoundHandler(answerUnknownRoute)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, readJson)
  app.addHook('onRequest', guardOrigin(doors))
  app.addHook('onResponse', async ({ routeOptions: { url = 'none' }, method }, { statusCode, elapsedTime }) => {
    services.noteRequest({ route: url, method, status: statusCode, seconds: elapsedTime / 1000 })
  })
  app.addHook('onRequest', cutOffStalled(doors.stalledMs))
  if (doors.requestsPerMinute > 0) {
    await app.register(fastifyRateLimit, {
      max: doors.requestsPerMinute,
      timeWindow: 60_000,
      errorResponseBuilder: (_request, { ttl }) => tooManyRequests(Math.ceil(ttl / 1000)),
    })
  }
  await app.register(fastifyCookie)
  const access = doors.accessToken === undefined ? null : new Access(doors.accessToken)
  if (access) {
    app.addHook('onRequest', guardAccess(access))
    await app.register(loginRoutes(access))
  }

  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // With none at all a browser says of its own forms that they come from nowhere (Origin: null).
    referrerPolicy: { policy: 'same-origin' },
    hsts: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Minus One', version: services.version, description: 'A song in, the song minus a part out.' },
      tags: [
        { name: 'music', description: 'Songs: in, apart, and out again' },
        { name: 'system', description: 'Jobs, workers, health' },
        { name: 'workers', description: 'For workers only, by their tokens' },
      ],
    },
    transform: jsonSchemaTransform,
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true })
  await app.register(fastifyStatic, { root: songsFolder(services.folders), serve: false, cacheControl: false })

  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  await app.register(uploadRoutes(services, limitUploads(doors.uploadsAtOnce)))
  musicRoutes(typed, services)
  takeAwayRoutes(typed, services)
  await app.register(jobRoutes(services))
  fileRoutes(typed, services)
  systemRoutes(typed, services, (request) => access === null || access.admits(request))
  await app.register(pageRoutes)
  return app
}
