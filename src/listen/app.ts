import type { IncomingMessage, ServerResponse } from 'node:http'
import fastifyHelmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import { type FastifyBaseLogger, type FastifyInstance, fastify, type RawServerDefault } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Log } from '../log.ts'
import { songsFolder } from '../store/paths.ts'
import { answerError, answerUnknownRoute } from './errors.ts'
import { fileRoutes } from './files.ts'
import { jobRoutes } from './job.ts'
import { readJson } from './json.ts'
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

export type App = FastifyInstance
/** The same, with requests typed by the schemas that check them. */
export type TypedApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** The HTTP server: routes, their checks and their documentation. `inject` reaches all of it without a port. */
export async function createApp({
  services,
  log,
  host,
  serverUrl,
}: {
  services: Services
  log: Log
  host: string
  serverUrl: string | undefined
}): Promise<App> {
  const app: App = fastify({
    bodyLimit: JSON_LIMIT_BYTES,
    requestTimeout: 0,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    http: { headersTimeout: HEAD_TIMEOUT_MS },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error, request, reply) => answerError({ error, request, reply, log }))
  app.setNotFoundHandler(answerUnknownRoute)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, readJson)
  app.addHook('onRequest', guardOrigin({ host, serverUrl }))

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
  await app.register(uploadRoutes(services))
  musicRoutes(typed, services)
  takeAwayRoutes(typed, services)
  await app.register(jobRoutes(services))
  fileRoutes(typed, services)
  systemRoutes(typed, services)
  await app.register(pageRoutes)
  return app
}
