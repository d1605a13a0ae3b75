import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { documented } from '../support/documented.ts'
import { makeCertificate } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'
import { type Rabbitmq, reachable, startRabbitmq } from '../support/rabbitmq.ts'
import { makeSong, wavOf } from '../support/songs.ts'
import { client, startProcess, startSystem } from '../support/system.ts'

const PASSWORD = 'a-password-of-yours'
const [SET_UP = '', VIRTUAL_HOST = ''] = documented('rabbitmq.md', 'sh')
const [PLAIN = '', OVER_TLS = ''] = documented('rabbitmq.md', 'ini')

describe('RabbitMQ as documented', () => {
  let rabbitmq: Rabbitmq
  let folder: string
  let tlsPort: number
  let certificate: string
  let settings: Record<string, string>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-documented-'))
    tlsPort = await freePort()
    const key = join(folder, 'key.pem')
    certificate = join(folder, 'cert.pem')
    await makeCertificate(certificate, key)
    const lines = OVER_TLS.replaceAll('/etc/rabbitmq/cert.pem', certificate)
      .replace('/etc/rabbitmq/key.pem', key)
      .replace('192.168.1.10:61614', `127.0.0.1:${tlsPort}`)
      .split('\n')
      .filter((line) => !line.includes('tcp = none')) // the other tests ask without TLS
    rabbitmq = await startRabbitmq('127.0.0.1', lines)
    await reachable(tlsPort)
    // As Debian leaves it.
    await rabbitmq.ctl('delete_user', 'admin')
    await rabbitmq.ctl('add_user', 'guest', 'guest')
    settings = { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(rabbitmq.port), BROKER_PASSWORD: PASSWORD }
  })
  after(async () => {
    await rabbitmq?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  /** Runs the lines of a block that are rabbitmqctl's. */
  async function follow(block: string): Promise<void> {
    for (const [, words = ''] of block.matchAll(/^rabbitmqctl (.*)$/gm))
      await rabbitmq.ctl(...words.split(' ').map((word) => word.replaceAll("'", '')))
  }

  async function doctor(changes: Record<string, string> = {}): Promise<string> {
    const asked = startProcess(['doctor'], { DATA_DIR: join(folder, 'none'), ...settings, ...changes })
    await asked.ended
    return /(?:ok|MISSING) +broker .*/.exec(asked.log())?.[0] ?? asked.log()
  }

  async function separatesWith(changes: Record<string, string>): Promise<void> {
    const system = await startSystem({ WORKERS_HEALTHY: '1', ...settings, ...changes })
    try {
      const { upload, keep, ready } = client(system.url)
      const { music_id } = await upload(wavOf(makeSong(2)))
      await keep(music_id, ['vocals'])
      await ready(music_id)
    } finally {
      await system.remove()
    }
  }

  test('accepts a login after the five documented commands, and doctor gives the reason when it does not', async () => {
    assert.match(await doctor(), /MISSING broker .*BROKER_PASSWORD/)
    await follow(SET_UP)
    assert.match(await doctor(), /ok +broker 127\.0\.0\.1:\d+: lets admin in, virtual host \/$/)
    assert.match(PLAIN, /^stomp\.listeners\.tcp\.1 = 192\.168\.1\.10:61613$/m, 'as the tests configure it')
  })

  test('serves songs in a virtual host of its own', async () => {
    assert.match(await doctor({ BROKER_VHOST: 'songs' }), /MISSING broker .*BROKER_VHOST/)
    await follow(VIRTUAL_HOST)
    await separatesWith({ BROKER_VHOST: 'songs' })
    assert.match(await rabbitmq.ctl('list_queues', '-p', 'songs', 'name'), /minus-one\.jobs/)
    assert.doesNotMatch(await rabbitmq.ctl('list_queues', '-p', '/', 'name'), /minus-one\.jobs/)
  })

  test('serves songs over TLS, by name and by address', async () => {
    const tls = { BROKER_TLS: 'on', BROKER_PORT: String(tlsPort), NODE_EXTRA_CA_CERTS: certificate }
    await separatesWith(tls)
    for (const BROKER_HOST of ['localhost', '127.0.0.1'])
      assert.match(await doctor({ ...tls, BROKER_HOST }), /ok +broker .*, over TLS$/, BROKER_HOST)
  })

  test('refuses TLS for reasons that doctor names', async () => {
    assert.match(await doctor({ BROKER_TLS: 'on', BROKER_PORT: String(tlsPort) }), /MISSING .*NODE_EXTRA_CA_CERTS/)
    assert.match(await doctor({ BROKER_TLS: 'on' }), /MISSING .*BROKER_TLS=off/)
    assert.match(await doctor({ BROKER_PORT: String(tlsPort) }), /MISSING .*BROKER_TLS/)
  })
})
