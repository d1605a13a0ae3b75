import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { withoutProxy, workerEnvironment } from '../../../src/commands/work/worker-environment.ts'
import { readConfig } from '../../../src/config.ts'
import { workersProxy } from '../../../src/models/http-proxy.ts'
import { makeCertificate } from '../../support/nginx.ts'
import { writeModel } from '../../support/onnx.ts'
import { freePort } from '../../support/ports.ts'
import { type FakeProxy, startProxy } from '../../support/proxy.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type Process, startProcess } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('A worker that reaches its server only through an HTTP proxy', () => {
  let folder: string
  let proxy: FakeProxy
  let server: Process
  let work: Process
  let api: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-behind-'))
  })
  afterEach(async () => {
    await work?.stop()
    await server?.stop()
    await proxy?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function start(scheme: 'http' | 'https', proxySettings: (url: string) => Record<string, string>) {
    const [port, broker] = [await freePort(), await freePort()]
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    await makeCertificate(cert, key)
    await writeModel(join(folder, 'models'), { name: 'fake', samples: 16_384 })
    api = `${scheme}://127.0.0.1:${port}`
    setDefaultCACertificates([...getCACertificates(), await readFile(cert, 'utf8')])
    // Only the proxy resolves songs.test.
    proxy = await startProxy({ 'songs.test': api, [`songs.test:${port}`]: api })
    const settings = { BROKER_PASSWORD: 'a password', WORKERS_HEALTHY: '0' }
    server = startProcess(['serve'], {
      ...settings,
      DATA_DIR: join(folder, 'data'),
      PORT: String(port),
      BROKER_LISTEN: `127.0.0.1:${broker}`,
      SERVER_URL: scheme === 'http' ? 'http://songs.test' : `https://songs.test:${port}`,
      MODELS_DIR: join(folder, 'models'),
      MODEL: 'fake',
      ...(scheme === 'https' ? { TLS_CERT: cert, TLS_KEY: key } : {}),
    })
    work = startProcess(['work'], {
      ...settings,
      WORKERS_HEALTHY: '1',
      BROKER_PORT: String(broker),
      CACHE_DIR: join(folder, 'cache'),
      NODE_EXTRA_CA_CERTS: cert,
      ...proxySettings(proxy.url),
    })
    await until('the server listens', () => server.log().includes('listening at'))
  }

  async function separate(): Promise<void> {
    const { upload, keep, ready } = client(api)
    const { music_id, tracks } = await upload(wavOf(makeSong(2)))
    await keep(music_id, [tracks[0]?.track_id])
    await ready(music_id)
  }

  test('A worker fetches jobs and models and sends results through HTTP_PROXY', async () => {
    await start('http', (url) => ({ HTTP_PROXY: url }))
    await separate()
    assert.ok(proxy.asked.length >= 3, 'a claim, a model, a result')
    assert.deepEqual([...new Set(proxy.asked)], ['songs.test'])
  })

  test('A worker reaches an https server through a tunnel of HTTPS_PROXY', async () => {
    await start('https', (url) => ({ HTTPS_PROXY: url }))
    await separate()
    assert.deepEqual([...new Set(proxy.asked)], [new URL(api).host.replace('127.0.0.1', 'songs.test')])
  })

  test('A worker whose proxy is down logs which setting to check, and songs wait', async () => {
    await start('http', () => ({ HTTP_PROXY: 'http://127.0.0.1:1' }))
    const { upload, keep } = client(api)
    const { music_id, tracks } = await upload(wavOf(makeSong(2)))
    await keep(music_id, [tracks[0]?.track_id])
    await until('it says so', () => /cannot reach http:\/\/songs\.test: .*NO_PROXY/.test(work.log()))
  })
})

describe('Proxy settings in the environment of workers', () => {
  const environmentOf = workerEnvironment(readConfig({ SERVER_URL: 'https://songs.example' }), 1)

  test('Workers keep their proxy whatever SERVER_URL says on their machine', () => {
    assert.equal(environmentOf(0)['NO_PROXY'], undefined)
  })

  test("Workers that a server starts bypass the proxy for the server's name", () => {
    assert.match(withoutProxy('https://songs.example')['NO_PROXY'] ?? '', /(^|,)songs\.example$/)
  })
})

describe('The hosts for which a worker bypasses its proxy', () => {
  const before = { ...process.env }
  afterEach(() => {
    for (const name of ['HTTP_PROXY', 'http_proxy']) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })

  test('A worker asks no proxy for this machine or a private network', () => {
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:3128'
    for (const host of ['127.0.0.1', '[::1]', 'localhost', '10.0.0.5', '192.168.1.10', '[fd00::1]'])
      assert.equal(workersProxy(new URL(`http://${host}:8000/`)), undefined, host)
    for (const host of ['songs.example', '8.8.8.8', '[2a00::1]'])
      assert.equal(workersProxy(new URL(`http://${host}:8000/`)), process.env, host)
  })
})
