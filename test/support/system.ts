import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Music, Progress, WorkerAnswer } from '../../src/listen/schemas.ts'
import { freePort } from './ports.ts'
import { until } from './wait.ts'

const CACHE = fileURLToPath(new URL('../../.cache/home/', import.meta.url))
/** The folder where a server stores the password of its broker. */
export const RUN_FOLDER = join(CACHE, 'run')
/** Node's compile cache, for processes that have their own cache folder. */
export const COMPILED_FOLDER = join(CACHE, 'minus-one', 'compiled')
const LAUNCHER = fileURLToPath(new URL('../../bin/minus-one', import.meta.url))

export type Process = {
  child: ChildProcess
  /** Everything that it has printed so far. */
  log(): string
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Its exit code, once it has ended by itself; null when a signal ended it. */
  ended: Promise<number | null>
}

/** Starts minus-one as a real process. */
export function startProcess(
  words: readonly string[],
  environment: Record<string, string> = {},
  /** A command that starts it, such as 'ip netns exec there'. */
  before: readonly string[] = [],
): Process {
  const { PATH = '', HOME = '' } = process.env
  mkdirSync(RUN_FOLDER, { recursive: true })
  const [command = '', ...rest] = [...before, process.execPath, LAUNCHER, ...words]
  const child = spawn(command, rest, {
    // Tests must not see what the user of this machine has installed.
    env: {
      PATH,
      HOME,
      LANG: 'C.UTF-8',
      XDG_DATA_HOME: join(CACHE, 'data'),
      XDG_CACHE_HOME: CACHE,
      XDG_RUNTIME_DIR: RUN_FOLDER,
      // Words take the workers' time. Tests of words ask for them.
      LYRICS: 'off',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (text += String(bytes)))
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return {
    child,
    log: () => text,
    ended,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

export type System = Process & {
  url: string
  folder: string
  /** Kills the server with SIGKILL, and starts it again on the same data. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/** Starts a real server, with the embedded broker and workers unless the environment names a broker. */
export async function startSystem(
  environment: Record<string, string> = {},
  flags: readonly string[] = [],
  /** A command that starts it, as in `startProcess`. */
  before: readonly string[] = [],
): Promise<System> {
  const folder = environment['DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'minus-one-test-')))
  const port = environment['PORT'] ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const settings = { DATA_DIR: folder, PORT: String(port), ...environment }
  let process_ = startProcess(['serve', ...flags], settings, before)
  const isUp = () =>
    until('the server answers', async () => {
      if (process_.child.exitCode !== null) throw new Error(`The server ended:\n${process_.log()}`)
      const health = await fetch(`${url}/healthz`).catch(() => null)
      const { code } = ((await health?.json().catch(() => ({}))) ?? { code: 'none' }) as { code?: string }
      return health !== null && code !== 'starting'
    })
  try {
    await isUp()
  } catch (error) {
    await process_.stop('SIGKILL')
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  return {
    url,
    folder,
    get child() {
      return process_.child
    },
    log: () => process_.log(),
    get ended() {
      return process_.ended
    },
    stop: (signal) => process_.stop(signal),
    async restart() {
      await process_.stop('SIGKILL')
      process_ = startProcess(['serve', ...flags], settings, before)
      await isUp()
    },
    async remove() {
      if (process_.child.exitCode === null && process_.child.signalCode === null) await process_.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A typed client of the HTTP API. */
export function client(url: string, headers: Record<string, string> = {}) {
  const json = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const own = init.headers as Record<string, string> | undefined
    const response = await fetch(`${url}${path}`, { ...init, headers: { ...headers, ...own } })
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  return {
    json,
    upload: (bytes: Uint8Array, fileName = 'song.wav', query: Record<string, string> = {}) =>
      json<Music>(`/music?${new URLSearchParams({ filename: fileName, ...query })}`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes),
      }),
    keep: (id: number, tracks: unknown) =>
      json<Progress>(`/music/${id}`, { method: 'POST', body: JSON.stringify(tracks) }),
    progress: (id: number) => json<Progress>(`/music/${id}`),
    workers: () => json<WorkerAnswer[]>('/workers'),
    /** Waits until the mix can be fetched; throws when the song failed. */
    ready: (id: number, timeoutMs = 120_000) =>
      until(
        `song ${id} is ready`,
        async () => {
          const progress = await json<Progress>(`/music/${id}`)
          if (progress.state === 'failed') throw new Error(`Song ${id} failed: ${progress.error}`)
          return progress.progress === 100 && progress
        },
        { timeoutMs, everyMs: 100 },
      ),
    /** The samples of a file of the server, without the WAV header. */
    sound: async (link: string): Promise<Buffer> => {
      const response = await fetch(link, { headers })
      if (!response.ok) throw new Error(`${link}: ${response.status}`)
      return Buffer.from(await response.arrayBuffer()).subarray(44)
    },
  }
}

/** The paths of all files below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
