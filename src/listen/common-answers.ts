import type { RouteOptions } from 'fastify'
import { CHANGING_METHODS } from './guard/limits.ts'
import { ErrorAnswer } from './schemas.ts'

const ANY_ROUTE = { 401: ErrorAnswer, 403: ErrorAnswer, 429: ErrorAnswer, 503: ErrorAnswer }

/** Documents the errors that every route may answer: no login, a page of another site, too many requests, a transient fault. */
export function describeCommonAnswers(route: RouteOptions): void {
  const { response, ...schema } = (route.schema ?? {}) as { response?: object }
  if (!response) return
  const isChanging = [route.method].flat().some((method) => CHANGING_METHODS.has(method))
  route.schema = { ...schema, response: { ...ANY_ROUTE, ...(isChanging && { 507: ErrorAnswer }), ...response } }
}
