import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Log } from '../log.ts'
import type { TransientFault } from '../platform/transient-fault.ts'
import { songsFolder } from '../store/song-files/paths.ts'
import { describeApi } from './api-description.ts'
import { checkOwnPath } from './base-path.ts'
import { describeCommonAnswers } from './common-answers.ts'
import { answerError, answerUnknownRoute, answerUnreadable } from './errors.ts'
import { Access, guardAccess } from './guard/access.ts'
import { RequestCounts } from './guard/address-counts.ts'
import { cutOffStalled, cutOffUnread, limitRequests, refuseUnwritable, tooManyRequests } from './guard/limits.ts'
import { guardOrigin } from './guard/origin.ts'
import { setSecurityHeaders } from './guard/security-headers.ts'
import { takeBodiesAsJson } from './routes/json-bodies.ts'
import { type LoginRoutes, loginRoutes } from './routes/login-routes.ts'
import { addRoutes, type Routes } from './routes.ts'

const JSON_LIMIT_BYTES = 1 << 20
const MAX_PARAMETER_CHARACTERS = 256

export type App = FastifyInstance

/** The functions that the HTTP side needs from the rest of the server, for its routes and for every request. */
export type RouteFunctions = Routes &
  LoginRoutes & {
    version: string
    /** Looks now for a fault that keeps the server from writing. Null if it can write. */
    probeForFault(): TransientFault | null
    countRequest(request: { route: string; method: string; status: number; seconds: number }): void
  }

/** Settings of the hooks that refuse requests. */
export type GuardSettings = {
  host: string
  serverUrl: string | undefined
  /** Undefined: no login is needed. */
  accessToken: string | undefined
  trustedProxy: string | undefined
  /** For each address. 0: no limit. */
  requestsPerMinute: number
  uploadsAtOnce: number
  stalledMs: number
}

/** The open port (`HttpListener`). */
type Http = { server: Server; answerBy(listener: RequestListener): void }

type AppOptions = { routes: RouteFunctions; log: Log; guard: GuardSettings; http: Http }

/**
 * Builds the HTTP side: routes, their checks and their documentation. It answers requests as soon as it returns. The hooks of a
 * request run in the order in which they are added here.
 */
export async function createApp({ routes, log, guard, http }: AppOptions): Promise<App> {
  const { app, listener } = bareApp({ routes, log, guard, http })
  app.addHook('onRequest', guardOrigin(guard))
  app.addHook('onResponse', async ({ routeOptions: { url = 'none' }, method }, { statusCode, elapsedTime }) => {
    routes.countRequest({ route: url, method, status: statusCode, seconds: elapsedTime / 1000 })
  })
  app.addHook('onRequest', cutOffStalled(guard.stalledMs))
  app.addHook('onSend', cutOffUnread(guard.stalledMs))
  if (guard.requestsPerMinute > 0) await countRequests(app, guard.requestsPerMinute)
  await app.register(fastifyCookie)
  const access = guard.accessToken === undefined ? null : new Access(guard.accessToken, routes.db)
  if (access) {
    app.addHook('onRequest', guardAccess(access, routes.basePath))
    await app.register(loginRoutes(access, routes))
  }
  app.addHook('onRequest', refuseUnwritable(routes.probeForFault))
  await setSecurityHeaders(app)
  await describeApi(app, routes)
  await app.register(fastifyStatic, { root: songsFolder(routes.folders), serve: false, cacheControl: false })
  const authenticate = (request: FastifyRequest) => access === null || access.authenticate(request)
  await addRoutes(app.withTypeProvider<ZodTypeProvider>(), routes, { uploadsAtOnce: guard.uploadsAtOnce, authenticate })
  await app.ready()
  http.answerBy(listener)
  return app
}

/** Fastify on the open port, with our parsing of bodies and our answers to errors, but without routes. */
function bareApp({ routes, log, guard, http }: AppOptions): {
  app: App
  listener: RequestListener
} {
  let answer: RequestListener | undefined
  const { classifyFault } = routes
  const answerFault = (error: unknown, request: FastifyRequest, reply: FastifyReply): void =>
    answerError({ error, request, reply, log, classifyFault })
  const app: App = fastify({
    frameworkErrors: answerFault,
    clientErrorHandler: answerUnreadable,
    bodyLimit: JSON_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    ...(guard.trustedProxy === undefined ? {} : { trustProxy: guard.trustedProxy }),
    serverFactory(listener) {
      answer = listener
      return http.server
    },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(answerFault)
  app.setNotFoundHandler(answerUnknownRoute)
  takeBodiesAsJson(app)
  app.addHook('onRoute', describeCommonAnswers)
  app.addHook('onRoute', checkOwnPath)
  const listener = (request: IncomingMessage, response: ServerResponse): void => answer?.(request, response)
  return { app, listener }
}

/** Must be called before the hook that checks the access token, so that requests without it are counted too. */
async function countRequests(app: App, perMinute: number): Promise<void> {
  await app.register(fastifyRateLimit, {
    global: false, // its own hook would run after the check of the access token
    max: perMinute,
    timeWindow: 60_000,
    store: RequestCounts,
    errorResponseBuilder: (_request, { ttl }) => tooManyRequests(Math.ceil(ttl / 1000)),
  })
  app.addHook('onRequest', limitRequests(app.rateLimit()))
}
