import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '../../support/ports.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { startProcess } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('A server with its own certificate', () => {
  let folder: string
  let ca: Buffer
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-tls-'))
    await makeCertificate('cert.pem', 'key.pem')
    ca = await readFile(join(folder, 'cert.pem'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function makeCertificate(cert: string, key: string): Promise<void> {
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const files = ['-keyout', join(folder, key), '-out', join(folder, cert)]
    await promisify(execFile)('openssl', [...words.split(' '), ...names, ...files])
  }

  test('Songs are separated over https, before and after the certificate is renewed', async () => {
    const port = await freePort()
    const url = `https://localhost:${port}`
    const server = startProcess(['serve'], {
      DATA_DIR: join(folder, 'data'),
      PORT: String(port),
      SERVER_URL: url,
      TLS_CERT: join(folder, 'cert.pem'),
      TLS_KEY: join(folder, 'key.pem'),
      WORKERS_HEALTHY: '1',
    })
    const ask = (path: string, { method = 'GET', body = '' as string | Buffer } = {}) =>
      new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
        const asking = request(`${url}${path}`, { method, ca, agent: false }, (answer) => {
          buffer(answer).then((bytes) => resolve({ status: answer.statusCode ?? 0, body: bytes }), reject)
        })
        asking.on('error', reject)
        asking.end(body)
      })
    const json = async (path: string, init?: { method: string; body: string | Buffer }) =>
      JSON.parse(String((await ask(path, init)).body)) as { music_id: number; progress: number; final: string }
    const isReached = () =>
      ask('/healthz').then(
        ({ status }) => status === 200,
        () => false,
      )
    const separate = async () => {
      const { music_id } = await json('/music?filename=a.wav', { method: 'POST', body: wavOf(makeSong(3)) })
      await json(`/music/${music_id}`, { method: 'POST', body: '["vocals"]' })
      return until(
        'the song is ready',
        async () => {
          const progress = await json(`/music/${music_id}`)
          return progress.progress === 100 && progress
        },
        { timeoutMs: 60_000, everyMs: 100 },
      )
    }
    try {
      await until('it answers', isReached)
      await assert.rejects(fetch(`${url}/healthz`), 'who does not know the certificate does not believe it')
      const ready = await separate()
      assert.ok(ready.final.startsWith(url), 'links lead back the way one came')

      const doctor = startProcess(['doctor', '--server', url], { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') })
      await new Promise((resolve) => doctor.child.once('exit', resolve))
      assert.match(doctor.log(), /ok +answers after/)
      const stranger = startProcess(['doctor', '--server', url])
      await new Promise((resolve) => stranger.child.once('exit', resolve))
      assert.match(stranger.log(), /NODE_EXTRA_CA_CERTS/)

      await makeCertificate('new-cert.pem', 'new-key.pem')
      await rename(join(folder, 'new-cert.pem'), join(folder, 'cert.pem'))
      server.child.kill('SIGHUP')
      await until('it says that they do not belong together', () => server.log().includes('stays in force'))
      assert.ok(await isReached(), 'half renewed, it speaks as before')
      await rename(join(folder, 'new-key.pem'), join(folder, 'key.pem'))
      server.child.kill('SIGHUP')
      await until('it has read them', () => server.log().includes('was read again'))
      assert.equal(await isReached(), false, 'nobody is shown the old one')
      ca = await readFile(join(folder, 'cert.pem'))
      assert.ok(await isReached())
      await separate()
    } finally {
      await server.stop()
    }
  })
})
