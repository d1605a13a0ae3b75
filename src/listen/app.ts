import type { RequestListener } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Log } from '../log.ts'
import { songsFolder } from '../store/paths.ts'
import { Access, guardAccess } from './access.ts'
import { RequestCounts } from './address-counts.ts'
import { checkOwnPath } from './base-path.ts'
import { describeCommonAnswers } from './common-answers.ts'
import { answerError, answerUnknownRoute, answerUnreadable } from './errors.ts'
import { fileRoutes } from './files.ts'
import type { HttpListener } from './http-listener.ts'
import { jobRoutes } from './job.ts'
import { readJson } from './json.ts'
import { libraryRoutes } from './library.ts'
import {
  cutOffStalled,
  cutOffUnread,
  limitRequests,
  limitUploads,
  refuseUnwritable,
  tooManyRequests,
} from './limits.ts'
import { loginRoutes } from './login.ts'
import { musicRoutes } from './music.ts'
import { guardOrigin } from './origin.ts'
import { pageRoutes } from './page.ts'
import type { Services } from './services.ts'
import { SongTexts } from './song-texts.ts'
import { systemRoutes } from './system.ts'
import { takeAwayRoutes } from './take-away.ts'
import { uploadRoutes } from './upload.ts'

const JSON_LIMIT_BYTES = 1 << 20

export type App = FastifyInstance

/** What comes in, and how much of it. */
export type Doors = {
  host: string
  serverUrl: string | undefined
  /** Unset: whoever reaches the server is let in. */
  accessToken: string | undefined
  trustedProxy: string | undefined
  /** Of one address; 0: any number. */
  requestsPerMinute: number
  uploadsAtOnce: number
  stalledMs: number
}

/** The HTTP server: routes, their checks and their documentation. Requests are answered by it from its return on. */
export async function createApp({
  services,
  log,
  doors,
  http,
}: {
  services: Services
  log: Log
  doors: Doors
  /** The port, which is open already. */
  http: HttpListener
}): Promise<App> {
  let answer: RequestListener | undefined
  const { passingFaultOf, basePath } = services
  const answerFault = (error: unknown, request: FastifyRequest, reply: FastifyReply): void =>
    answerError({ error, request, reply, log, passingFaultOf })
  const app: App = fastify({
    frameworkErrors: answerFault,
    clientErrorHandler: answerUnreadable,
    bodyLimit: JSON_LIMIT_BYTES,
    routerOptions: { maxParamLength: 256 },
    ...(doors.trustedProxy === undefined ? {} : { trustProxy: doors.trustedProxy }),
    serverFactory(listener) {
      answer = listener
      return http.server
    },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(answerFault)
  app.setNotFoundHandler(answerUnknownRoute)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, readJson)
  app.addHook('onRoute', describeCommonAnswers)
  app.addHook('onRoute', checkOwnPath)
  app.addHook('onRequest', guardOrigin(doors))
  app.addHook('onResponse', async ({ routeOptions: { url = 'none' }, method }, { statusCode, elapsedTime }) => {
    services.noteRequest({ route: url, method, status: statusCode, seconds: elapsedTime / 1000 })
  })
  app.addHook('onRequest', cutOffStalled(doors.stalledMs))
  app.addHook('onSend', cutOffUnread(doors.stalledMs))
  if (doors.requestsPerMinute > 0) {
    await app.register(fastifyRateLimit, {
      global: false, // it would stand behind the guard, and not count whom that sends away
      max: doors.requestsPerMinute,
      timeWindow: 60_000,
      store: RequestCounts,
      errorResponseBuilder: (_request, { ttl }) => tooManyRequests(Math.ceil(ttl / 1000)),
    })
    app.addHook('onRequest', limitRequests(app.rateLimit()))
  }
  await app.register(fastifyCookie)
  const access = doors.accessToken === undefined ? null : new Access(doors.accessToken, services.db)
  if (access) {
    app.addHook('onRequest', guardAccess(access, basePath))
    await app.register(loginRoutes(access, services))
  }

  app.addHook('onRequest', refuseUnwritable(services))
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
      ...(basePath ? { servers: [{ url: basePath }] } : {}),
      tags: [
        { name: 'music', description: 'Songs: in, apart, and out again' },
        { name: 'system', description: 'Jobs, workers, health' },
        { name: 'workers', description: 'For workers only, by their tokens' },
      ],
    },
    transform: jsonSchemaTransform,
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    indexPrefix: basePath,
    uiConfig: { layout: 'BaseLayout' },
  })
  await app.register(fastifyStatic, { root: songsFolder(services.folders), serve: false, cacheControl: false })

  const typed = app.withTypeProvider<ZodTypeProvider>()
  let description: Buffer | null = null
  typed.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    description ??= Buffer.from(JSON.stringify(app.swagger()))
    return reply.type('application/json; charset=utf-8').send(description)
  })
  await app.register(uploadRoutes(services, limitUploads(doors.uploadsAtOnce)))
  const texts = new SongTexts(services, services.events)
  libraryRoutes(typed, services, texts)
  musicRoutes(typed, services)
  takeAwayRoutes(typed, services)
  await app.register(jobRoutes(services))
  fileRoutes(typed, services)
  const isMember = (request: FastifyRequest) => access === null || access.admits(request)
  systemRoutes(typed, { services, texts, isMember })
  await app.register(pageRoutes)
  await app.ready()
  if (answer) http.answerBy(answer)
  return app
}
