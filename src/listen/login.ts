import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Access, SESSION_COOKIE, SESSION_SECONDS } from './access.ts'
import { answerOf } from './errors.ts'
import type { Services } from './services.ts'

type Answer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** GET and POST /login, POST /logout: a page without scripts, so that it works wherever a form does. */
export function loginRoutes(
  access: Access,
  { basePath, passingFaultOf }: Pick<Services, 'basePath' | 'passingFaultOf'>,
) {
  /** What goes wrong is said on the page. */
  const orForm =
    (answer: Answer) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      try {
        return answer(request, reply)
      } catch (error) {
        const { status, error: mistake, retryAfterSeconds } = answerOf(error, passingFaultOf)
        if (status === 500) throw error
        if (retryAfterSeconds) reply.header('retry-after', retryAfterSeconds)
        return form(reply.status(status), mistake)
      }
    }

  return async (scope: FastifyInstance): Promise<void> => {
    const everybody = { config: { isForEverybody: true }, schema: { hide: true } }
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )

    scope.get('/login', everybody, async (_request, reply) => form(reply, ''))

    const logIn: Answer = (request, reply) => {
      const token = (request.body instanceof URLSearchParams ? request.body.get('token') : null)?.trim()
      if (!token) return form(reply.status(400), 'Enter the access token.')
      if (!access.isToken(token, request.ip)) return form(reply.status(401), 'That is not the access token.')
      access.logOut(request) // the new session takes the place of the one before
      return reply
        .setCookie(SESSION_COOKIE, access.logIn(), {
          path: basePath || '/',
          httpOnly: true,
          sameSite: 'strict',
          secure: request.protocol === 'https',
          maxAge: SESSION_SECONDS,
        })
        .redirect(`${basePath}/`, 303)
    }
    scope.post('/login', everybody, orForm(logIn))

    const logOut: Answer = (request, reply) => {
      access.logOut(request)
      return reply.clearCookie(SESSION_COOKIE, { path: basePath || '/' }).redirect(`${basePath}/login`, 303)
    }
    scope.post('/logout', everybody, orForm(logOut))
  }
}

function form(reply: FastifyReply, mistake: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Minus One: log in</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="login.css" />
  </head>
  <body>
    <main>
      <h1>Minus One</h1>
      <form method="post" action="login">
        <label for="token">Access token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus
          ${mistake ? 'aria-describedby="mistake" aria-invalid="true"' : ''} />
        ${mistake ? `<p id="mistake" role="alert">${mistake}</p>` : ''}
        <button>Log in</button>
      </form>
      <p>Whoever runs this server knows it: it is the ACCESS_TOKEN that it was started with.</p>
    </main>
  </body>
</html>
`)
}
