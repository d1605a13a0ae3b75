import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Segments } from '../src/listen/schemas.ts'
import { fillLibrary } from '../test/support/library.ts'
import { makeSong, wavOf } from '../test/support/songs.ts'
import { client, type System, startSystem } from '../test/support/system.ts'
import { until } from '../test/support/wait.ts'

/*
 * Prints what many clients at once cost a server with the embedded broker: the time until all are served, the highest memory
 * of the server and of its media processes, and the latency of /healthz. Each figure is the median of several rounds, each
 * on a new server. No figure fails the run.
 *
 *     npm run bench:load -- [--rounds 3] [--songs 2000]
 */
const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, songs: { type: 'string', default: '2000' } },
})
const SONGS = Number(flags.songs)
const SEGMENTS = 24
const UPLOADS = 50
const UPLOAD_SECONDS = 2_000_000 / (44_100 * 4)
const LISTENERS = 200
const TITLES_PER_SECOND = 5
const CHANGING_SECONDS = 10
const BLOCKS = 1_000
const SLOW_HEADS = 2_000
const SLOW_HEADS_SECONDS = 25
const SETTINGS = { MAX_UPLOADS: String(UPLOADS), MAX_REQUESTS_PER_MINUTE: '0' }

type Figures = { seconds: number; memoryMb: number; mediaMb: number; medianMs: number; p95Ms: number; note: string }
type Crowd = { name: string; songs: number; workers: number; run(system: System): Promise<string> }

const CROWDS: readonly Crowd[] = [
  { name: `${UPLOADS} uploads of 2 MB at once`, songs: 0, workers: 0, run: uploads },
  {
    name: `${LISTENERS} listeners that read, ${SONGS} songs`,
    songs: SONGS,
    workers: 0,
    run: (it) => listeners(it, true),
  },
  { name: `${LISTENERS} that do not read`, songs: SONGS, workers: 0, run: (it) => listeners(it, false) },
  { name: `${BLOCKS} GETs of one block at once`, songs: 0, workers: 1, run: (it) => blocks(it, 1) },
  { name: `${BLOCKS} GETs of all its blocks`, songs: 0, workers: 1, run: (it) => blocks(it, BLOCKS) },
  { name: `${SLOW_HEADS} slow heads`, songs: 0, workers: 0, run: slowHeads },
]

for (const crowd of CROWDS) {
  const rounds: Figures[] = []
  for (let round = 0; round < Number(flags.rounds); round++) rounds.push(await measure(crowd))
  const of = (key: 'seconds' | 'memoryMb' | 'mediaMb' | 'medianMs' | 'p95Ms') =>
    median(rounds.map((figures) => figures[key]))
  console.log(
    `${crowd.name.padEnd(42)} ${of('seconds').toFixed(1).padStart(6)} s  server ${of('memoryMb').toFixed(0).padStart(4)} MB  media ${of('mediaMb').toFixed(0).padStart(4)} MB  /healthz median ${of('medianMs').toFixed(0)} ms, p95 ${of('p95Ms').toFixed(0)} ms  ${rounds[0]?.note}`,
  )
}

async function measure({ songs, workers, run }: Crowd): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-load-'))
  try {
    if (songs > 0)
      await fillLibrary({
        folder,
        songs,
        segments: SEGMENTS,
        namesOf: (song) => ({ title: `Song ${song}`, band: 'The Band' }),
      })
    const system = await startSystem({ ...SETTINGS, DATA_DIR: folder, WORKERS_HEALTHY: String(workers) })
    const over = new AbortController()
    try {
      const prepared = workers > 0 ? separateOne(system) : sleep(500)
      await prepared
      const watched = watch(system, over.signal)
      const beganAt = performance.now()
      const note = await run(system)
      const seconds = (performance.now() - beganAt) / 1000
      over.abort()
      return { seconds, note, ...(await watched) }
    } finally {
      over.abort()
      await system.remove()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Until the signal, a separate thread requests /healthz, and the memory is sampled. */
async function watch(system: System, over: AbortSignal): Promise<Omit<Figures, 'seconds' | 'note'>> {
  let [memoryMb, mediaMb] = [0, 0]
  const looking = setInterval(() => {
    const pid = system.child.pid ?? 0
    memoryMb = Math.max(memoryMb, memoryOf(pid))
    mediaMb = Math.max(
      mediaMb,
      childrenOf(pid).reduce((sum, child) => sum + memoryOf(child), 0),
    )
  }, 100)
  const probe = new Worker(new URL('./health-probe.ts', import.meta.url), { workerData: `${system.url}/healthz` })
  over.addEventListener('abort', () => probe.postMessage('over'))
  const [latencies] = (await once(probe, 'message')) as [number[]]
  clearInterval(looking)
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0
  return { memoryMb, mediaMb, medianMs: at(0.5), p95Ms: at(0.95) }
}

async function uploads({ url }: System): Promise<string> {
  const song = wavOf(makeSong(UPLOAD_SECONDS))
  await Promise.all(Array.from({ length: UPLOADS }, (_, i) => client(url).upload(song, `${i}.wav`)))
  return ''
}

/** All connect at once, then titles change. Ends when every listener that reads has received the last title. */
async function listeners({ url }: System, doRead: boolean): Promise<string> {
  const last = 'The last title of all'
  const { hostname, port } = new URL(url)
  let [connected, cut] = [0, 0]
  const told: Promise<void>[] = []
  const beganAt = performance.now()
  const sockets: Socket[] = Array.from({ length: LISTENERS }, () => {
    const socket = connect(Number(port), hostname, () =>
      socket.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n'),
    )
    socket.on('error', () => undefined)
    socket.on('close', () => cut++)
    if (doRead) {
      told.push(
        new Promise((resolve) => {
          let tail = ''
          socket.once('data', () => connected++)
          socket.on('data', (bytes) => {
            tail = (tail + bytes.toString('latin1')).slice(-4_000)
            if (tail.includes(last)) resolve()
          })
        }),
      )
    } else socket.once('readable', () => connected++) // and nothing is read
    return socket
  })
  await until('all are connected', () => connected === LISTENERS, { timeoutMs: 120_000 })
  const connectedSeconds = (performance.now() - beganAt) / 1000
  const rename = (title: string) =>
    client(url).json('/music/1', { method: 'PATCH', body: JSON.stringify({ name: title }) })
  for (let i = 0; i < TITLES_PER_SECOND * CHANGING_SECONDS; i++) {
    await rename(`Title ${i}`)
    await sleep(1000 / TITLES_PER_SECOND)
  }
  await rename(last)
  await Promise.all(told)
  const note = `connected in ${connectedSeconds.toFixed(1)} s, ${cut} cut off`
  for (const socket of sockets) socket.destroy()
  return note
}

async function blocks(system: System, different: number): Promise<string> {
  const [song] = await client(system.url).json<{ music_id: number; tracks: { track_id: number }[] }[]>('/music')
  if (!song) throw new Error('There is no song.')
  const { segments } = await client(system.url).json<Segments>(`/music/${song.music_id}/segments`)
  const statuses = new Map<number, number>()
  const ask = async (i: number): Promise<void> => {
    const track = song.tracks[i % song.tracks.length]?.track_id
    const segment = Math.floor(i / song.tracks.length) % segments.length
    const path = `/music/${song.music_id}/stems/${track}/${segment}`
    for (;;) {
      const { status, retryAfterSeconds } = await get(`${system.url}${path}`)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status !== 429) return
      await sleep(1000 * retryAfterSeconds)
    }
  }
  await Promise.all(Array.from({ length: BLOCKS }, (_, i) => ask(different === 1 ? 0 : i)))
  return [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
}

/** Each sends one letter of its request head a second. Ends when the server has closed all connections, or after 25 s. */
async function slowHeads({ url }: System): Promise<string> {
  const { hostname, port } = new URL(url)
  let [cut, lastCutSeconds] = [0, 0]
  const beganAt = performance.now()
  const sockets = Array.from({ length: SLOW_HEADS }, () => {
    const socket = connect(Number(port), hostname, () => socket.write('GET / HTTP/1.1\r\nx: '))
    socket.resume()
    socket.on('error', () => undefined)
    socket.on('close', () => {
      cut++
      lastCutSeconds = (performance.now() - beganAt) / 1000
    })
    return socket
  })
  while (cut < SLOW_HEADS && performance.now() - beganAt < 1000 * SLOW_HEADS_SECONDS) {
    await sleep(1000)
    for (const socket of sockets) socket.write('a')
  }
  for (const socket of sockets) socket.destroy()
  return `${cut} cut off, the last after ${lastCutSeconds.toFixed(1)} s`
}

async function separateOne({ url }: System): Promise<void> {
  const api = client(url)
  const { music_id } = await api.upload(wavOf(makeSong(30)), 'song.wav')
  await api.keep(music_id, ['instrumental'])
  await api.ready(music_id)
}

function get(url: string): Promise<{ status: number; retryAfterSeconds: number }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false }, (answer) => {
      answer.resume()
      answer.on('error', reject)
      void once(answer, 'end').then(() =>
        resolve({ status: answer.statusCode ?? 0, retryAfterSeconds: Number(answer.headers['retry-after'] ?? 1) }),
      )
    })
    asking.on('error', reject)
    asking.end()
  })
}

function memoryOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0 // the process has just ended
  }
}

/** The media processes of a server. */
function childrenOf(pid: number): number[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
    return pids.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('media'))
  } catch {
    return []
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
