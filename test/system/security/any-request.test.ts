import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'

type Operation = { path: string; method: string }

const LARGE = { numRuns: 40 } as const

/** Values that people, programs and attackers put where something else belongs. */
const oddWord = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('0', '1', '-1', '1e9', '9007199254740993', 'NaN', '../../etc/passwd', '%2e%2e%2f', 'null', 'CON'),
  fc.constantFrom("'; DROP TABLE songs; --", '\u202Egnp.3pm', 'x'.repeat(5_000), '🎤', '\0', '__proto__'),
)
const id = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 4 }).map(String), weight: 3 }, oddWord)
const body = fc.oneof(
  fc.json(),
  fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.string())).map((value) => JSON.stringify(value)),
  fc.record({ gains: fc.dictionary(fc.string(), fc.double()), format: oddWord }).map((value) => JSON.stringify(value)),
  fc.record({ name: oddWord, songs: fc.array(fc.integer({ min: -1, max: 4 })) }).map((value) => JSON.stringify(value)),
  fc.record({ seconds: fc.double(), listener: oddWord }).map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary', maxLength: 400 }),
)
const contentType = fc.constantFrom(
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'x',
  'application/json; charset=utf-7',
)

describe('Generated requests', () => {
  let system: System
  let songId: number
  let sound: Buffer
  let link: string

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '1', MAX_UPLOADS: '1000', MAX_REQUESTS_PER_MINUTE: '0' })
    const api = client(system.url)
    songId = (await api.upload(wavOf(makeSong(2)), 'song.wav')).music_id
    await api.keep(songId, ['vocals'])
    link = (await api.ready(songId)).final ?? ''
    sound = Buffer.from(await (await fetch(link)).arrayBuffer())
  })
  after(async () => {
    const [code, log] = [system.child.exitCode, system.log()]
    await system.remove()
    assert.equal(code, null, 'it still ran')
    assert.deepEqual(
      log.split('\n').filter((line) => line.includes(' - ERROR - ')),
      [],
    )
  })

  test('The OpenAPI document lists 401, 429 and 503 for every route that answers JSON', async () => {
    type Described = { responses: Record<string, { content?: object }> }
    const { paths } = await client(system.url).json<{ paths: Record<string, Record<string, Described>> }>(
      '/openapi.json',
    )
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        if (!Object.values(responses).some(({ content }) => content)) continue
        const common = ['401', '403', '429', '503', ...(method === 'get' ? [] : ['507'])]
        for (const status of common) assert.ok(responses[status], `${method} ${path}: ${status}`)
      }
    }
  })

  test('No route answers 500 to odd ids, queries and bodies', async () => {
    const { paths } = await client(system.url).json<{ paths: Record<string, object> }>('/openapi.json')
    const operations: Operation[] = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
    )
    assert.ok(operations.length > 20)
    for (const { path, method } of operations.filter(
      (each) => !each.path.endsWith('/events') && each.path !== '/events',
    )) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([name]) => name)
      const asked = fc.tuple(
        fc.array(id, { minLength: names.length, maxLength: names.length }),
        fc.dictionary(oddWord, oddWord, { maxKeys: 3 }),
        body,
        contentType,
      )
      await fc.assert(
        fc.asyncProperty(asked, async ([ids, query, text, type]) => {
          const url = names.reduce((built, name, i) => built.replace(name, encodeURIComponent(ids[i] ?? '')), path)
          const answer = await fetch(`${system.url}${url}?${new URLSearchParams(query)}`, {
            method,
            headers: { 'content-type': type },
            ...(method === 'GET' ? {} : { body: text }),
          })
          await answer.arrayBuffer()
          assert.ok(answer.status < 500 || path === '/healthz', `${method} ${url}: ${answer.status}`)
        }),
        LARGE,
      )
      // Only /reset may have removed the song for good; then there is a new one.
      if ((await fetch(`${system.url}/music/${songId}/restore`, { method: 'POST' })).status === 404) await renew()
    }
  })

  async function renew(): Promise<void> {
    const api = client(system.url)
    if ((await fetch(`${system.url}/music/${songId}`)).ok) return
    songId = (await api.upload(wavOf(makeSong(2)), 'song.wav')).music_id
    await api.keep(songId, ['vocals'])
    link = (await api.ready(songId)).final ?? ''
    sound = Buffer.from(await (await fetch(link)).arrayBuffer())
  }

  test('Any Range header gives these bytes, the whole file or 416 (RFC 9110, section 14)', async () => {
    const edge = fc.oneof(
      fc.integer({ min: 0, max: 2 * 44_100 * 4 + 200 }).map(String),
      fc.constant(''),
      fc.string({ maxLength: 4 }),
    )
    await fc.assert(
      fc.asyncProperty(edge, edge, async (first, last) => {
        const range = `bytes=${first}-${last}`.replace(/[^\x20-\x7e]/g, '')
        const answer = await fetch(link, { headers: { range } })
        const bytes = Buffer.from(await answer.arrayBuffer())
        if (answer.status === 416) return
        if (answer.status === 200) return assert.ok(bytes.equals(sound), range)
        assert.equal(answer.status, 206, range)
        const [, from = '', to = ''] = /^bytes (\d+)-(\d+)\/\d+$/.exec(answer.headers.get('content-range') ?? '') ?? []
        assert.ok(bytes.equals(sound.subarray(Number(from), Number(to) + 1)), range)
      }),
      { numRuns: 150 },
    )
  })

  test('Any file name becomes a title, and files are written only in the folder of songs', async () => {
    const wav = wavOf(makeSong(0.2))
    const around = dirname(system.folder)
    await fc.assert(
      fc.asyncProperty(oddWord, fc.boolean(), async (name, isForm) => {
        const form = new FormData()
        form.append('file', new Blob([new Uint8Array(wav)]), name)
        const answer = isForm
          ? await fetch(`${system.url}/music`, { method: 'POST', body: form })
          : await fetch(`${system.url}/music?${new URLSearchParams({ filename: name })}`, {
              method: 'POST',
              body: new Uint8Array(wav),
            })
        assert.ok([200, 400].includes(answer.status), `${answer.status} for ${JSON.stringify(name)}`)
        if (answer.status !== 200) return
        const music = (await answer.json()) as { music_id: number; name: string }
        assert.doesNotMatch(music.name, /\p{Cc}/u)
        assert.ok(music.name.length <= 512)
      }),
      LARGE,
    )
    for (const path of await filesBelow(system.folder)) {
      const below = path.slice(system.folder.length + 1)
      assert.match(
        below,
        /^(ledger\.sqlite(-wal|-shm)?|lock\.sqlite|minus-one\.json|setlists\.json|reserve|songs\/\d+\/[a-z]+[-.\w]*)$/,
      )
    }
    assert.ok(!existsSync(join(around, 'etc')))
  })

  test('Any multipart form is taken as a song or refused', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '--x\r\n',
        '--x--\r\n',
        '\r\n\r\n',
        'content-disposition: form-data; name="f"; filename="a.wav"\r\n',
      ),
      fc.constantFrom('content-type: audio/wav\r\n', '--x', 'content-transfer-encoding: base64\r\n', 'x'.repeat(7_000)),
      fc.string({ unit: 'binary' }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const { status } = await fetch(`${system.url}/music`, {
          method: 'POST',
          headers: { 'content-type': 'multipart/form-data; boundary=x' },
          body: pieces.join(''),
        })
        assert.ok(status >= 400 && status < 500, String(status))
      }),
      { numRuns: 60 },
    )
  })

  test('Any tag becomes a title or nothing', async () => {
    const wav = wavOf(makeSong(0.2))
    const frameId = fc.constantFrom('TIT2', 'TPE1', 'APIC', 'TXXX', 'PRIV', 'CHAP')
    const frame = fc.tuple(frameId, fc.uint8Array({ maxLength: 200 }), fc.oneof(fc.nat(400), fc.constant(0x0fffffff)))
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 6 }), fc.nat(3_000), async (frames, length) => {
        const answer = await fetch(`${system.url}/music?filename=tagged.wav`, {
          method: 'POST',
          body: new Uint8Array(Buffer.concat([id3(frames, length), wav])),
        })
        assert.ok([200, 405, 413].includes(answer.status), String(answer.status))
        await answer.arrayBuffer()
      }),
      { numRuns: 20 },
    )
  })
})

/** An ID3v2.4 tag (id3.org, structure, sections 3 and 4) whose lengths may be false. */
function id3(frames: readonly (readonly [string, Uint8Array, number])[], length: number): Buffer {
  const head = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, ...syncSafe(length)])
  const written = frames.map(([name, bytes, size]) =>
    Buffer.concat([Buffer.from(name), Buffer.from(syncSafe(size)), Buffer.alloc(2), bytes]),
  )
  return Buffer.concat([head, ...written])
}

function syncSafe(value: number): number[] {
  return [21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f)
}
