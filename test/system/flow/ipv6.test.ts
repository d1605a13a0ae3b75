import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../../src/config.ts'
import { freePort } from '../../support/ports.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type Process, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const PASSWORD = 'correct horse battery staple'
const TOKEN = 'a token of many characters'

describe('Settings with IPv6 addresses', () => {
  const listenOf = (BROKER_LISTEN: string) => readConfig({ BROKER_LISTEN }).BROKER_LISTEN

  test('BROKER_LISTEN takes an IPv6 address with brackets and port, or without both', () => {
    assert.deepEqual(listenOf('[::1]:7000'), { host: '::1', port: 7000 })
    assert.deepEqual(listenOf('[::]:61613'), { host: '::', port: 61_613 })
    assert.deepEqual(listenOf('::1'), { host: '::1', port: 61_613 })
    assert.deepEqual(listenOf('[0:0::1]'), { host: '::1', port: 61_613 })
    assert.deepEqual(listenOf('127.0.0.1:7000'), { host: '127.0.0.1', port: 7000 })
    assert.deepEqual(listenOf('studio.lan'), { host: 'studio.lan', port: 61_613 })
  })

  test('BROKER_LISTEN refuses what is no address, and gives two examples', () => {
    for (const wrong of [
      '::1:61613',
      '[::1',
      '[studio]:7000',
      '127.0.0.1:99999',
      ':7000',
      'a:b',
      'a b:1',
      '61613',
      '*',
      '*:61613',
    ])
      assert.throws(() => listenOf(wrong), /BROKER_LISTEN: .*127\.0\.0\.1:61613 or \[::1\]:61613/, wrong)
  })

  test('HOST and BROKER_HOST take an IPv6 address in any form, with brackets or without', () => {
    for (const HOST of ['::1', '[::1]', '0:0:0:0:0:0:0:1'])
      assert.equal(readConfig({ HOST, BROKER_HOST: HOST }).HOST, readConfig({ BROKER_HOST: HOST }).BROKER_HOST)
    assert.equal(readConfig({ HOST: '[2001:DB8:0::5]' }).HOST, '2001:db8::5')
  })

  test('TRUSTED_PROXY takes addresses and networks, and refuses names', () => {
    assert.equal(readConfig({ TRUSTED_PROXY: '[::1], 10.0.0.0/8' }).TRUSTED_PROXY, '::1,10.0.0.0/8')
    for (const TRUSTED_PROXY of ['localhost', '10.0.0.1/99', '::1/129', '10.0.0.1/', ','])
      assert.throws(
        () => readConfig({ TRUSTED_PROXY }),
        /TRUSTED_PROXY: an address, as 127\.0\.0\.1 or ::1/,
        TRUSTED_PROXY,
      )
  })
})

describe('Server, broker and workers over IPv6', () => {
  let system: System
  let work: Process
  let port: number
  let broker: number
  before(async () => {
    ;[port, broker] = [await freePort(), await freePort()]
    // It listens on IPv4 and IPv6; the test itself uses IPv4.
    system = await startSystem({
      HOST: '::',
      PORT: String(port),
      ACCESS_TOKEN: TOKEN,
      TRUSTED_PROXY: '::1',
      BROKER_LISTEN: `[::]:${broker}`,
      BROKER_PASSWORD: PASSWORD,
      SERVER_URL: `http://[::1]:${port}`,
      WORKERS_HEALTHY: '0',
    })
    work = startProcess(['work'], {
      BROKER_HOST: '[::1]',
      BROKER_PORT: String(broker),
      BROKER_PASSWORD: PASSWORD,
      WORKERS_HEALTHY: '1',
    })
  })
  after(async () => {
    await work?.stop()
    await system?.remove()
  })

  const ask = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asking = request(
        { host: '::1', port, path, headers: { authorization: `Bearer ${TOKEN}`, ...headers } },
        (answer) => {
          let body = ''
          answer.on('data', (bytes) => (body += String(bytes)))
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
        },
      )
      asking.on('error', reject)
      asking.end()
    })

  test('A worker separates a song over IPv6', async () => {
    const { upload, keep, ready } = client(system.url, { authorization: `Bearer ${TOKEN}` })
    const { music_id } = await upload(wavOf(makeSong(3)))
    await keep(music_id, ['vocals'])
    await ready(music_id)
    const { final } = JSON.parse((await ask(`/music/${music_id}`)).body) as { final: string }
    assert.ok(final.startsWith(`http://[::1]:${port}/file/`), final)
  })

  test('Log and page show IPv6 addresses in brackets', async () => {
    assert.match(work.log(), new RegExp(`broker at \\[::1\\]:${broker}\\.`))
    assert.match(system.log(), new RegExp(`listening at http://\\[::\\]:${port}`))
    const { broker: shown } = JSON.parse((await ask('/healthz')).body) as { broker: { address: string } }
    assert.equal(shown.address, `[::1]:${broker}`)
  })

  test('Wrong tokens from one IPv6 network behind a proxy block that network alone', async () => {
    const guess = (from: string) => ask('/music', { 'x-forwarded-for': from, authorization: 'Bearer wrong' })
    for (let tries = 0; tries < 10; tries++) assert.equal((await guess(`2001:db8::${tries}`)).status, 401)
    assert.equal((await guess('2001:db8::99')).status, 429)
    assert.equal((await guess('2001:db8:0:1::1')).status, 401)
  })

  test('Doctor reaches server and broker over IPv6', async () => {
    const doctor = startProcess(['doctor', '--server', `http://[::1]:${port}`], { ACCESS_TOKEN: TOKEN })
    assert.equal(await doctor.ended, 0)
    assert.match(doctor.log(), /ok +lets us in/)
  })
})

describe('Addresses at which the server cannot listen', () => {
  let data: string
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'minus-one-refused-'))
  })
  after(() => rm(data, { recursive: true, force: true }))

  const saidTo = async (settings: Record<string, string>): Promise<string> => {
    const server = startProcess(['serve'], { DATA_DIR: data, PORT: '0', ...settings })
    assert.equal(await server.ended, 2)
    return server.log()
  }

  test('An address that cannot be bound is refused with the name of its setting', async () => {
    assert.match(await saidTo({ HOST: '2001:db8::1', ACCESS_TOKEN: TOKEN }), /HOST: 2001:db8::1 is not an address/)
    assert.match(
      await saidTo({ HOST: 'nowhere.invalid', ACCESS_TOKEN: TOKEN }),
      /HOST: nowhere\.invalid is not a name of this machine/,
    )
    const beyond = { HOST: '::', ACCESS_TOKEN: TOKEN, BROKER_PASSWORD: PASSWORD }
    assert.match(
      await saidTo({ ...beyond, BROKER_LISTEN: '[2001:db8::1]:7000' }),
      /BROKER_LISTEN: 2001:db8::1 is not an address/,
    )
    assert.match(
      await saidTo({ ...beyond, BROKER_LISTEN: '[::]:7000', BROKER_PASSWORD: 'x' }),
      /BROKER_LISTEN=\[::\]:7000 is open/,
    )
  })

  test('A SERVER_URL at which workers would not find the server is refused with the name of its setting', async () => {
    const open = { HOST: '0.0.0.0', ACCESS_TOKEN: TOKEN, BROKER_HOST: '2001:db8::9' }
    assert.match(await saidTo(open), /Set HOST=:: or SERVER_URL/)
    const proxied = { SERVER_URL: 'https://songs.example/karaoke' }
    assert.match(await saidTo(proxied), /Set BASE_PATH=\/karaoke/)
    assert.match(await saidTo({ SERVER_URL: 'http://songs.example/kar%20aoke' }), /Give both another path, of letters/)
    assert.match(await saidTo({ BASE_PATH: 'karaoke' }), /BASE_PATH: a path .* begins with a slash/)
  })
})

test('A BASE_PATH that collides with a route is refused before any file is written', async () => {
  const data = await mkdtemp(join(tmpdir(), 'minus-one-refused-'))
  for (const BASE_PATH of ['/music', '/docs', '/login', '/assets/x', '/shell.js']) {
    const server = startProcess(['serve'], { DATA_DIR: data, PORT: '0', BASE_PATH })
    assert.equal(await server.ended, 2)
    assert.match(server.log(), /BASE_PATH: \/.* is a path of the server itself/)
  }
  assert.deepEqual(await readdir(data), [])
  await rm(data, { recursive: true })
})

describe('Broker settings that have no effect', () => {
  test('Broker settings without effect are named at the start, with those that would have one', async () => {
    const system = await startSystem({
      WORKERS_HEALTHY: '0',
      BROKER_PORT: '7000',
      BROKER_TLS: 'on',
      BROKER_VHOST: 'songs',
      BROKER_LISTEN: `127.0.0.1:${await freePort()}`,
    })
    try {
      await until('it is said', () =>
        /BROKER_PORT=7000 does nothing .*BROKER_LISTEN=127\.0\.0\.1:7000/.test(system.log()),
      )
      assert.match(system.log(), /BROKER_TLS does nothing/)
      assert.match(system.log(), /BROKER_VHOST=songs does nothing/)
    } finally {
      await system.remove()
    }
  })
})
