import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TransientFault } from '../../platform/transient-fault.ts'
import { answerOf } from '../errors.ts'
import { type Access, SESSION_COOKIE, SESSION_SECONDS } from '../guard/access.ts'
import { loginPage } from '../guard/login-page.ts'

type Answer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply

export type LoginRoutes = {
  basePath: string
  /** Returns the transient fault that an error comes from. Null for other errors. */
  classifyFault(error: unknown): TransientFault | null
}

/** GET and POST /login, POST /logout. */
export function loginRoutes(access: Access, { basePath, classifyFault }: LoginRoutes) {
  const cookiePath = basePath || '/'

  const logIn: Answer = (request, reply) => {
    const token = (request.body instanceof URLSearchParams ? request.body.get('token') : null)?.trim()
    if (!token) return sendForm(reply.status(400), 'Enter the access token.')
    if (!access.checkToken(token, request.ip)) return sendForm(reply.status(401), 'That is not the access token.')
    access.logOut(request) // the new session replaces the earlier one
    const isSecure = request.protocol === 'https'
    return reply
      .setCookie(SESSION_COOKIE, access.logIn(), {
        path: cookiePath,
        httpOnly: true,
        sameSite: 'strict',
        secure: isSecure,
        maxAge: SESSION_SECONDS,
      })
      .redirect(`${basePath}/`, 303)
  }

  const logOut: Answer = (request, reply) => {
    access.logOut(request)
    return reply.clearCookie(SESSION_COOKIE, { path: cookiePath }).redirect(`${basePath}/login`, 303)
  }

  /** Shows errors on the form, except for defects. */
  const orForm =
    (answer: Answer) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      try {
        return answer(request, reply)
      } catch (error) {
        const { status, error: mistake, retryAfterSeconds } = answerOf(error, classifyFault)
        if (status === 500) throw error
        if (retryAfterSeconds) reply.header('retry-after', retryAfterSeconds)
        return sendForm(reply.status(status), mistake)
      }
    }

  return async (scope: FastifyInstance): Promise<void> => {
    const everybody = { config: { isForEverybody: true }, schema: { hide: true } }
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )
    scope.get('/login', everybody, async (_request, reply) => sendForm(reply, ''))
    scope.post('/login', everybody, orForm(logIn))
    scope.post('/logout', everybody, orForm(logOut))
  }
}

function sendForm(reply: FastifyReply, mistake: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(loginPage(mistake))
}
