import type { FastifyInstance, FastifyReply } from 'fastify'
import { UserError } from '../song/errors.ts'
import { type Access, SESSION_COOKIE } from './access.ts'

const SESSION_SECONDS = 90 * 24 * 3600

/** GET and POST /login, POST /logout: a page without scripts, so that it works wherever a form does. */
export function loginRoutes(access: Access) {
  return async (scope: FastifyInstance): Promise<void> => {
    const everybody = { config: { isForEverybody: true }, schema: { hide: true } }
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )

    scope.get('/login', everybody, async (_request, reply) => form(reply, ''))

    scope.post('/login', everybody, async (request, reply) => {
      const token = request.body instanceof URLSearchParams ? (request.body.get('token') ?? '') : ''
      try {
        if (!access.isToken(token.trim(), request.ip)) return form(reply.status(401), 'That is not the access token.')
      } catch (error) {
        if (error instanceof UserError) return form(reply.status(error.status), error.message)
        throw error
      }
      reply.setCookie(SESSION_COOKIE, access.session, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: request.protocol === 'https',
        maxAge: SESSION_SECONDS,
      })
      return reply.redirect('/', 303)
    })

    scope.post('/logout', everybody, async (_request, reply) =>
      reply.clearCookie(SESSION_COOKIE, { path: '/' }).redirect('/login', 303),
    )
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
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/login.css" />
  </head>
  <body>
    <main>
      <h1>Minus One</h1>
      <form method="post" action="/login">
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
