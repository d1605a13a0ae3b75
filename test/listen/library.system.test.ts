import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import type { LibrarySong, Music } from '../../src/listen/schemas.ts'
import { fillLibrary } from '../support/library.ts'
import { memoryOf } from '../support/proc.ts'
import { client, type System, startSystem } from '../support/system.ts'
import { until } from '../support/wait.ts'

const SONGS = 1_200
/** Names so long that the present state exceeds the buffers of an unread connection. */
const LONG = 'x'.repeat(1_000)
const MEBIBYTE = 2 ** 20

describe('A library of 1,200 songs', () => {
  let system: System
  let api: ReturnType<typeof client>
  const sockets: Socket[] = []

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'minus-one-large-'))
    const namesOf = (song: number) => ({ title: `${song} ${LONG}`, band: LONG })
    await fillLibrary({ folder, songs: SONGS, segments: 1, namesOf })
    system = await startSystem({ DATA_DIR: folder, WORKERS_HEALTHY: '0' })
    api = client(system.url)
    // The newest song is checked after a start, and has no files here.
    await until('it is checked', async () => (await api.progress(SONGS)).state !== 'ready')
  })
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
  })
  after(() => system.remove())

  const rename = (id: number, name: string) =>
    api.json(`/music/${id}`, { method: 'PATCH', body: JSON.stringify({ name }) })

  /** A listener that reads only on request. */
  async function listen(path = '/events') {
    const { host, port, hostname } = new URL(system.url)
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    let text = ''
    let isClosed = false
    socket.pause()
    socket.on('data', (bytes) => (text += bytes.toString('latin1')))
    socket.on('close', () => {
      isClosed = true
    })
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, resolve))
    return {
      read: () => socket.resume(),
      text: () => text,
      isClosed: () => isClosed,
      hears: (words: string) =>
        until(`it hears '${words}'`, () => {
          assert.ok(!isClosed, 'it is cut off')
          return text.includes(words)
        }),
    }
  }

  /** The song ids in a stream, in order, each as often as it occurs. */
  const toldSongs = (text: string) =>
    [...text.matchAll(/event: song\ndata: {"music_id":(\d+)/g)].map(([, id]) => Number(id))

  async function pages(path: string): Promise<{ songs: LibrarySong[][]; versions: number[] }> {
    const songs: LibrarySong[][] = []
    const versions: number[] = []
    for (let next: string | undefined = path; next; ) {
      const answer: Response = await fetch(`${system.url}${next}`)
      songs.push((await answer.json()) as LibrarySong[])
      versions.push(Number(answer.headers.get('x-minus-one-version')))
      next = /<(.+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    return { songs, versions }
  }

  test('is sent as one array, or in pages with the progress of each song, oldest or newest first', async () => {
    const all = await api.json<Music[]>('/music')
    assert.deepEqual(
      all.map(({ music_id }) => music_id),
      Array.from({ length: SONGS }, (_, index) => index + 1),
    )
    const oldest = await pages('/music?limit=500')
    assert.deepEqual(
      oldest.songs.map((page) => page.length),
      [500, 500, 200],
    )
    const [first, second] = oldest.songs.flat()
    assert.deepEqual(second?.progress, await api.progress(2))
    assert.deepEqual({ ...first, progress: undefined }, { ...all[0], progress: undefined })
    const newest = await pages('/music?limit=600&order=newest')
    const names = ({ songs }: typeof newest) => songs.flat().map(({ name }) => name)
    assert.deepEqual(
      names(oldest),
      all.map(({ name }) => name),
    )
    assert.deepEqual(names(newest), names(oldest).reverse())
    assert.deepEqual(
      newest.songs[0]?.[0]?.segments?.map(({ index }) => index),
      [0],
      'of one that is not separated',
    )
  })

  test('has events for a client that has read all pages, and sends only later ones', async () => {
    const { versions } = await pages('/music?limit=1000')
    await rename(7, 'Seven')
    const page = await listen(`/events?since=${versions[0]}`)
    page.read()
    await page.hears('"name":"Seven"')
    await rename(8, 'Eight')
    await page.hears('"name":"Eight"')
    assert.deepEqual(toldSongs(page.text()), [7, 8])
  })

  test('answers a HEAD request for its events and an empty version at once', async () => {
    const head = await fetch(`${system.url}/events`, { method: 'HEAD', signal: AbortSignal.timeout(5_000) })
    assert.equal(head.status, 404)
    assert.equal((await fetch(`${system.url}/events?since=`)).status, 400)
  })

  test('answers a request for events since an unknown version that the songs must be read again', async () => {
    const { versions } = await pages('/music?limit=1000')
    const answer = await fetch(`${system.url}/events?since=${Number(versions[0]) - 100_000}`)
    assert.equal(answer.status, 410)
    const { code, error } = (await answer.json()) as { code: string; error: string }
    assert.equal(code, 'version-gone')
    assert.match(error, /GET \/music\?limit=/)
    assert.equal((await fetch(`${system.url}/events?since=yesterday`)).status, 400)
    assert.equal((await fetch(`${system.url}/music?limit=0`)).status, 400)
  })

  test('is sent as a whole to a listener that reads late while songs are renamed, and the listener stays connected', async () => {
    const page = await listen()
    for (let i = 1; i <= 30; i++) await rename(i, `Changed ${i} ${LONG}`.slice(0, 300))
    page.read()
    await page.hears('event: workers')
    await page.hears('Changed 30 ')
    await rename(SONGS, 'The last')
    await page.hears('"name":"The last"')
    assert.equal(new Set(toldSongs(page.text())).size, SONGS)
    assert.ok(page.text().includes(`"final":"${system.url}/file/`), 'its links have the host of the request')
  })

  test('needs little memory for a hundred listeners that do not read, and cuts none of them off', async () => {
    const memory = () => memoryOf(system.child.pid ?? 0, 'VmRSS') ?? 0
    const before = memory()
    const pages = await Promise.all(Array.from({ length: 100 }, () => listen()))
    for (let i = 1; i <= 30; i++) await rename(i, `Changed again ${i}`)
    const grown = (memory() - before) / MEBIBYTE
    assert.ok(grown < 80, `${grown.toFixed(0)} MiB`)
    const [one] = pages
    one?.read()
    await one?.hears('"name":"Changed again 30"')
    assert.equal(pages.filter((page) => page.isClosed()).length, 0)
  })

  test('is sent to each new listener in its present state: with new names and restored songs, without deleted songs', async () => {
    const present = async () => {
      const page = await listen()
      page.read()
      await page.hears('event: workers')
      return page.text()
    }
    const ids = async () => (await pages('/music?limit=1000')).songs.flat().map(({ music_id }) => music_id)
    await present()
    await rename(100, 'One hundred')
    await api.json('/music/101', { method: 'DELETE' })
    const without = await present()
    assert.ok(without.includes('"name":"One hundred"'))
    assert.ok(!toldSongs(without).includes(101) && !(await ids()).includes(101))
    await api.json('/music/101/restore', { method: 'POST' })
    assert.ok(toldSongs(await present()).includes(101) && (await ids()).includes(101))
  })
})
