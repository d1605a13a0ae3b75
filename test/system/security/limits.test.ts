import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { networkOf } from '../../../src/platform/client-network.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Limits for slow and many requests', () => {
  let system: System
  const song = wavOf(makeSong(8))

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '0', MAX_UPLOADS: '2', STALLED_AFTER_SECONDS: '1' })
  })
  after(() => system.remove())

  /** An upload made by hand: `send` writes the body in chunks. */
  function upload(send: (write: (bytes: Buffer) => void) => Promise<void>): Promise<{ status: number; code: string }> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-length': song.length }
      const asking = request(`${system.url}/music?filename=a.wav`, { method: 'POST', headers }, (answer) => {
        let text = ''
        answer.on('data', (bytes) => (text += String(bytes)))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, ...(JSON.parse(text) as { code: string }) }))
      })
      asking.on('error', reject)
      send((bytes) => void asking.write(bytes)).then(() => asking.end(), reject)
    })
  }

  const partsOf = (bytes: Buffer, length: number) =>
    Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length))

  test('A stalled upload is answered 408, cut off, and leaves nothing behind', async () => {
    const began = Date.now()
    const { status, code } = await upload(async (write) => {
      write(song.subarray(0, 100_000))
      await new Promise(() => undefined)
    })
    assert.deepEqual([status, code], [408, 'stalled'])
    assert.ok(Date.now() - began < 5_000)
    await until('its file is gone', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 0)
  })

  test('An upload of a byte at a time is answered 408 and cut off', async () => {
    const { status } = await upload(async (write) => {
      for (let i = 0; i < 60; i++) {
        write(song.subarray(0, 1))
        await setTimeout(50)
      }
    })
    assert.equal(status, 408)
  })

  test('A slow upload that keeps coming is taken', async () => {
    const { status } = await upload(async (write) => {
      for (const part of partsOf(song, Math.ceil(song.length / 12))) {
        write(part)
        await setTimeout(300)
      }
    })
    assert.equal(status, 200)
  })

  test('A small body that never ends is cut off', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(system.url).port), '127.0.0.1')
      let text = ''
      socket.on('data', (bytes) => (text += String(bytes)))
      socket.on('close', () => resolve(text))
      socket.on('error', () => undefined)
      socket.write('POST /music/1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\r\n[')
    })
    assert.match(answer, /^HTTP\/1\.1 408 /)
  })

  test('Two uploads of one address run at a time, and the third waits for one to end', async () => {
    const ends: (() => void)[] = []
    const slow = () =>
      upload(async (write) => {
        const parts = partsOf(song, 60_000)
        let isOver = false
        ends.push(() => (isOver = true))
        for (const part of parts) {
          write(part)
          if (!isOver) await setTimeout(200)
        }
      })
    const two = [slow(), slow()]
    await until('both have begun', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 2)
    const third = await upload(async (write) => write(song))
    assert.deepEqual([third.status, third.code], [429, 'too-many-uploads'])
    for (const end of ends) end()
    assert.deepEqual(
      (await Promise.all(two)).map(({ status }) => status),
      [200, 200],
    )
    assert.equal((await upload(async (write) => write(song))).status, 200)
  })

  test('Two hundred idle connections keep nobody waiting', async () => {
    const { port } = new URL(system.url)
    const sockets = Array.from({ length: 200 }, () => connect(Number(port), '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => undefined)
    await until('they are connected', () => sockets.every(({ readyState }) => readyState === 'open'))
    const began = Date.now()
    await client(system.url).json('/music')
    assert.ok(Date.now() - began < 1_000)
    for (const socket of sockets) socket.destroy()
  })
})

describe('The limit of requests a minute', () => {
  test('Too many requests a minute get 429, but not those of workers', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '0', MAX_REQUESTS_PER_MINUTE: '20' })
    try {
      const ask = async (path: string) => fetch(`${system.url}${path}`)
      for (let i = 0; i < 20; i++) assert.equal((await ask('/music')).status, 200)
      const refused = await ask('/music')
      assert.equal(refused.status, 429)
      assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/)
      assert.deepEqual(Object.keys((await refused.json()) as object), ['error', 'code'])
      assert.equal((await ask('/job/1/input')).status, 410)
      assert.ok([200, 503].includes((await ask('/healthz')).status))
    } finally {
      await system.remove()
    }
  })
})

describe('IPv6 addresses in limits', () => {
  test('IPv6 addresses with the same first 64 bits count as one', () => {
    for (const same of ['2001:db8:0:1::2', '2001:0db8:0:1:ffff:ffff:ffff:ffff', '2001:db8::1:0:0:0:1'])
      assert.equal(networkOf(same), '2001:db8:0:1::/64', same)
    assert.equal(networkOf('::1'), '0:0:0:0::/64')
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
    for (const ip of ['203.0.113.7', '::ffff:203.0.113.7']) assert.equal(networkOf(ip), '203.0.113.7')
  })

  test('Requests and wrong tokens are counted by the first 64 bits of an IPv6 address', async () => {
    const system = await startSystem({
      WORKERS_HEALTHY: '0',
      TRUSTED_PROXY: '127.0.0.1',
      ACCESS_TOKEN: 'correct horse battery',
      MAX_REQUESTS_PER_MINUTE: '30',
    })
    try {
      const ask = async (ip: string, token: string) => {
        const headers = { 'x-forwarded-for': ip, authorization: `Bearer ${token}` }
        return (await fetch(`${system.url}/music`, { headers })).status
      }
      for (let i = 1; i <= 10; i++) assert.equal(await ask(`2001:db8::${i}`, 'a guess'), 401)
      assert.equal(await ask('2001:db8::99', 'correct horse battery'), 429, 'guessed too often')
      for (let i = 1; i <= 30; i++) assert.equal(await ask(`2001:db8:0:1::${i}`, 'correct horse battery'), 200)
      assert.equal(await ask('2001:db8:0:1::99', 'correct horse battery'), 429, 'asked too often')
      assert.equal(await ask('2001:db8:0:2::1', 'correct horse battery'), 200, 'another network')
    } finally {
      await system.remove()
    }
  })
})

describe('Limits behind a reverse proxy', () => {
  test('X-Forwarded-For counts from a trusted proxy and from nobody else', async () => {
    const settings = { WORKERS_HEALTHY: '0', SERVER_URL: 'https://songs.example' }
    const forwarded = {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'songs.example',
      'x-forwarded-proto': 'https',
      origin: 'https://songs.example',
    }
    const ask = (url: string) => fetch(`${url}/music`, { headers: forwarded })
    for (const [trusted, status] of [
      ['127.0.0.1', 200],
      ['', 403],
    ] as const) {
      const system = await startSystem({ ...settings, TRUSTED_PROXY: trusted })
      try {
        assert.equal((await ask(system.url)).status, status)
      } finally {
        await system.remove()
      }
    }
  })
})
