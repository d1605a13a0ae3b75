import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type FastifyInstance, fastify } from 'fastify'
import { pageRoutes } from '../../../src/listen/routes/page-routes.ts'

describe('The files of the page', () => {
  let folder: string
  let app: FastifyInstance

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-page-'))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<title>Minus One</title>')
    await writeFile(join(folder, 'assets', 'index-1234.js'), 'play()')
    app = fastify()
    await app.register(pageRoutes, { folder })
  })
  after(async () => {
    await app.close()
    await rm(folder, { recursive: true })
  })

  test('the page itself may not be cached without a check, and a file with a hash in its name may be cached for ever', async () => {
    const page = await app.inject('/')
    assert.deepEqual([page.body, page.headers['cache-control']], ['<title>Minus One</title>', 'no-cache'])
    const script = await app.inject('/assets/index-1234.js')
    assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable')
  })

  test('an unknown file is answered 404', async () => {
    assert.equal((await app.inject('/assets/other.js')).statusCode, 404)
  })

  test('the answer is 503 if the page is not built', async () => {
    const bare = fastify()
    await bare.register(pageRoutes, { folder: join(folder, 'nowhere') })
    const answer = await bare.inject('/')
    assert.deepEqual([answer.statusCode, answer.json().code], [503, 'page-not-built'])
    await bare.close()
  })
})
