import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Music } from '../../src/listen/schemas.ts'
import { freePort } from '../support/ports.ts'
import { allPids, environmentOf, ownerOfPort, titleOf } from '../support/proc.ts'
import { type Rabbitmq, startRabbitmq } from '../support/rabbitmq.ts'
import { uploadSlowly } from '../support/slow-upload.ts'
import { COMPILED_FOLDER, client, type Process, type System, startProcess, startSystem } from '../support/system.ts'
import { until } from '../support/wait.ts'
import { startHostileServer } from './hostile-server.ts'
import { FAULT_MODEL, JOB_SECONDS_OF_SOUND } from './model.ts'
import {
  type Accounting,
  account,
  assertIdentical,
  assertTidy,
  type References,
  type TestSong,
  watchProgress,
} from './oracle.ts'
import { startWire, type Wire } from './wire.ts'

export type BrokerName = 'embedded' | 'rabbitmq'

export type LabOptions = {
  broker: BrokerName
  references: References
  modelsFolder: string
  /** Worker processes of the first supervisor. */
  workers?: number
  server?: Record<string, string>
  work?: Record<string, string>
  /** Workers reach the server through one wire and the broker through another. */
  hasWires?: boolean
  /** The address of server and broker, for workers in other network namespaces. */
  address?: string
  /** false: the broker is installed but not started. */
  startsBroker?: boolean
  /** The data folder is on a file system of its own, of so many kilobytes. */
  smallDiskKilobytes?: number
}

const BEATS = '2000,2000'
const MARK = 'MINUS_ONE_LAB'
const LAST_LINES = 60

/** Real processes (a server, a broker and workers) to be broken, and the songs that have to come out whole. */
export class Lab {
  readonly #options: LabOptions
  readonly #mark = randomBytes(6).toString('hex')
  readonly #works = new Set<Process>()
  readonly #disks: string[] = []
  readonly #others: (() => Promise<void>)[] = []
  readonly #songs: { id: number; song: TestSong; trackIds: number[]; watch: { end(): void } }[] = []
  readonly brokerPort: number
  readonly password = 'a password of the lab'
  folder = ''
  system!: System
  rabbitmq: Rabbitmq | null = null
  /** Between workers and server, and between workers and broker. */
  httpWire: Wire | null = null
  stompWire: Wire | null = null

  private constructor(options: LabOptions, brokerPort: number) {
    this.#options = options
    this.brokerPort = brokerPort
  }

  static async start(options: LabOptions): Promise<Lab> {
    const isRabbit = options.broker === 'rabbitmq'
    const rabbitmq = isRabbit ? await startRabbitmq(options.address) : null
    if (options.startsBroker === false) await rabbitmq?.stop()
    const lab = new Lab(options, rabbitmq?.port ?? (await freePort()))
    lab.rabbitmq = rabbitmq
    try {
      await lab.#begin()
    } catch (error) {
      await lab.close().catch(() => undefined)
      throw error
    }
    return lab
  }

  get url(): string {
    return this.system.url
  }

  get api() {
    return client(this.system.url)
  }

  async #begin(): Promise<void> {
    const { hasWires, address = '127.0.0.1', workers = 2, modelsFolder } = this.#options
    this.folder = await mkdtemp(join(tmpdir(), 'minus-one-lab-'))
    const port = await freePort()
    if (hasWires) {
      this.httpWire = await startWire(port)
      this.stompWire = await startWire(this.brokerPort)
    }
    const isAway = address !== '127.0.0.1'
    const { smallDiskKilobytes } = this.#options
    const disk = smallDiskKilobytes ? { DATA_DIR: await this.smallDisk('data', smallDiskKilobytes) } : {}
    const embedded = { BROKER_LISTEN: `${address}:${this.brokerPort}`, WORKERS_HEALTHY: '0' }
    this.system = await startSystem(
      {
        ...this.#brokerSettings(),
        ...(this.rabbitmq ? {} : { ...embedded, BROKER_HOST: '' }),
        PORT: String(port),
        MODELS_DIR: modelsFolder,
        MODEL: FAULT_MODEL,
        MAX_REQUESTS_PER_MINUTE: '0', // the lab asks for every song all the time
        [MARK]: this.#mark,
        ...disk,
        ...(isAway ? { HOST: '0.0.0.0', SERVER_URL: `http://${address}:${port}` } : {}),
        ...(this.httpWire ? { SERVER_URL: `http://127.0.0.1:${this.httpWire.port}` } : {}),
        ...this.#options.server,
      },
      isAway ? ['--open'] : [],
    )
    if (workers > 0) {
      this.startWork({ workers })
      await this.workersAre(workers)
    }
  }

  #brokerSettings(): Record<string, string> {
    return {
      BROKER_HOST: this.#options.address ?? '127.0.0.1',
      BROKER_PORT: String(this.brokerPort),
      BROKER_PASSWORD: this.rabbitmq ? 'admin' : this.password,
      AUDIO_WORKER_CONN_HEARTBEATS: BEATS,
    }
  }

  /** @param before a command that starts it, for example in another network namespace */
  startWork({
    workers = 1,
    settings = {},
    before = [],
  }: {
    workers?: number
    settings?: Record<string, string>
    before?: readonly string[]
  } = {}): Process {
    const own = {
      ...this.#brokerSettings(),
      ...(this.stompWire ? { BROKER_PORT: String(this.stompWire.port) } : {}),
      // As on another machine: models come from the server.
      MODELS_DIR: join(this.folder, 'nothing-here'),
      CACHE_DIR: join(this.folder, 'cache'),
      ...(settings['CACHE_DIR'] ? {} : { NODE_COMPILE_CACHE: COMPILED_FOLDER }),
      WORKERS_HEALTHY: String(workers),
      WORKER_MEMORY_MB: '400',
      WORKER_THREADS: '1',
      [MARK]: this.#mark,
      ...this.#options.work,
      ...settings,
    }
    const work = startProcess(['work'], own, before)
    this.#works.add(work)
    return work
  }

  /** Ends it with SIGTERM. */
  async stopWork(work: Process): Promise<number | null> {
    const code = await work.stop()
    this.#works.delete(work)
    return code
  }

  /** Kills supervisors and workers at once, as when their machine loses power. */
  async killWork(): Promise<void> {
    const pids = this.processes().filter((pid) => pid !== this.system.child.pid)
    for (const pid of pids) if (titleOf(pid).includes('minus-one work')) process.kill(pid, 'SIGKILL')
    await Promise.all([...this.#works].map(stopProcess))
    this.#works.clear()
  }

  /** All living worker processes, known to the server or not. */
  workerPids(): number[] {
    return this.processes().filter((pid) => /^minus-one work \w/.test(titleOf(pid)))
  }

  /** The worker process that has this port of loopback open. */
  workerAt(port: number): number {
    const pid = ownerOfPort(port, this.workerPids())
    assert.ok(pid, `nobody has port ${port} open`)
    return pid
  }

  /** The address of the inspector of a process that was started with --inspect. */
  async inspectorOf(pid: number): Promise<string> {
    const addresses = [...this.workLog().matchAll(/Debugger listening on (ws:\S+)/g)].map(([, address = '']) => address)
    for (const address of addresses) {
      const inspector = new WebSocket(address)
      const isOpen = await new Promise((resolve) => {
        inspector.addEventListener('open', () => resolve(true))
        inspector.addEventListener('error', () => resolve(false))
      })
      if (!isOpen) continue
      inspector.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'process.pid' } }))
      const answer = await new Promise<string>((resolve) => {
        inspector.addEventListener('message', ({ data }) => resolve(String(data)), { once: true })
      })
      inspector.close()
      if (answer.includes(`"value":${pid}`)) return address
    }
    throw new Error(`No inspector of process ${pid} was found.`)
  }

  /** Another server on the same broker. */
  async secondServer(): Promise<{ api: ReturnType<typeof client> }> {
    const settings = {
      ...this.#brokerSettings(),
      MODELS_DIR: this.#options.modelsFolder,
      MODEL: FAULT_MODEL,
      [MARK]: this.#mark,
    }
    const other = await startSystem(settings)
    this.#others.push(() => other.remove())
    return { api: client(other.url) }
  }

  async hostileServer(): Promise<string> {
    const { url, close } = await startHostileServer()
    this.#others.push(close)
    return url
  }

  /** Makes a folder on a file system of its own, of so many kilobytes. It is unmounted with the lab. */
  async smallDisk(name: string, kilobytes: number): Promise<string> {
    const folder = join(this.folder, name)
    await mkdir(folder, { recursive: true })
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder])
    this.#disks.push(folder)
    return folder
  }

  /** The end of the logs. */
  lastWords(): string {
    const tail = (log: string) => log.trimEnd().split('\n').slice(-LAST_LINES).join('\n')
    return `The server said last:\n${tail(this.system.log())}\nand the workers:\n${tail(this.workLog())}`
  }

  /** The logs of all workers. */
  workLog(): string {
    return [...this.#works].map((work) => work.log()).join('\n')
  }

  async workersAre(count: number): Promise<void> {
    const ready = async () => (await this.api.workers()).filter(({ models }) => models.length > 0).length === count
    await until(`${count} workers listen`, ready, { timeoutMs: 60_000, everyMs: 50 })
  }

  /** Uploads a song and asks for all its tracks. */
  async add(song: TestSong): Promise<number> {
    return this.keep(await this.api.upload(song.wav, `${song.seed}.wav`), song)
  }

  /** The same with an upload of so many seconds. It asks for the tracks as soon as the song exists, mostly during the upload. */
  async addSlowly(song: TestSong, seconds: number): Promise<number> {
    const arrival = randomUUID()
    const upload = uploadSlowly(this.url, song.wav, { fileName: `${song.seed}.wav`, arrival, seconds })
    const isSong = async () => (await this.api.json<Music[]>('/music')).find((each) => each.arrival === arrival)
    const early = until('it is a song', isSong, { timeoutMs: 1000 * seconds, everyMs: 100 }).then(
      ({ music_id, tracks }) =>
        this.api.keep(
          music_id,
          tracks.map(({ track_id }) => track_id),
        ),
    )
    early.catch(() => undefined) // the song was short, or the server died: it is asked for at the end
    return this.keep(await upload, song)
  }

  /** Reports that somebody listens to this place of a song. */
  async listen(songId: number, seconds: number): Promise<void> {
    const body = JSON.stringify({ seconds, listener: `lab-${songId % 3}` })
    const headers = { 'content-type': 'application/json' }
    await this.api.json(`/music/${songId}/playhead`, { method: 'POST', headers, body })
  }

  /** Asks for all tracks of a song that was uploaded. */
  async keep({ music_id, tracks }: Music, song: TestSong): Promise<number> {
    const trackIds = tracks.map(({ track_id }) => track_id)
    this.#songs.push({ id: music_id, song, trackIds, watch: watchProgress(this.url, music_id) })
    await this.api.keep(music_id, trackIds)
    return music_id
  }

  /** Asks again for all tracks of every song, as a client does whose request was refused or cut off. */
  async keepAgain(): Promise<void> {
    for (const { id, trackIds } of this.#songs) {
      const isTaken = () =>
        this.api.keep(id, trackIds).then(
          () => true,
          () => false,
        )
      await until(`song ${id} is asked for`, isTaken, { timeoutMs: 60_000, everyMs: 250 })
    }
  }

  /** Waits until so many jobs of a song are done. */
  async done(songId: number, jobs: number): Promise<void> {
    const enough = async () => ((await this.api.progress(songId).catch(() => null))?.chunks.done ?? 0) >= jobs
    await until(`${jobs} jobs of song ${songId} are done`, enough, { timeoutMs: 60_000 })
  }

  /** A worker that has a job now. */
  busy(): Promise<{ worker: string; pid: number; job_id: number | null }> {
    return until('a worker is busy', async () => (await this.api.workers()).find(({ state }) => state === 'busy'))
  }

  /** Asserts that all songs finish with the samples of an undisturbed run, and that every job is accounted for. */
  async assertWhole(timeoutMs = 90_000): Promise<Accounting[]> {
    const sums: Accounting[] = []
    for (const { id, song, watch } of this.#songs) {
      await this.api.ready(id, timeoutMs)
      watch.end()
      await assertIdentical(this.url, id, await this.#options.references.of(song))
      sums.push(account(this.system.folder, id, jobsOf(song)))
    }
    await assertTidy(this.system.folder)
    await this.#queuesEmpty()
    return sums
  }

  /** Stops checking a song that failed or was deleted. */
  forget(songId: number): void {
    const at = this.#songs.findIndex(({ id }) => id === songId)
    const [gone] = this.#songs.splice(at, 1)
    gone?.watch.end()
  }

  async #queuesEmpty(): Promise<void> {
    const { rabbitmq } = this
    if (!rabbitmq) return
    await until('the queues are empty', async () => {
      const listed = await rabbitmq.ctl('list_queues', 'name', 'messages')
      return listed.split('\n').every((line) => !line.startsWith('minus-one') || line.endsWith('\t0'))
    })
  }

  /** Ends everything. Throws when a process of the lab is left. */
  async close(): Promise<void> {
    for (const { watch } of this.#songs) watch.end()
    await Promise.all([...this.#works].map(stopProcess))
    await Promise.all(this.#others.map((end) => end()))
    await this.system?.remove().catch(() => undefined) // a mounted folder cannot be removed
    await this.rabbitmq?.remove()
    await Promise.all([this.httpWire?.close(), this.stompWire?.close()])
    for (const folder of this.#disks) await promisify(execFile)('umount', ['-l', folder])
    if (this.folder) await rm(this.folder, { recursive: true, force: true })
    await until('no process is left', () => this.processes().length === 0, { timeoutMs: 10_000 }).catch(
      (error: unknown) => {
        const left = this.processes()
        for (const pid of left) process.kill(pid, 'SIGKILL')
        throw error
      },
    )
  }

  /** Every living process that this lab started, directly or not. */
  processes(): number[] {
    const mark = `${MARK}=${this.#mark}`
    return allPids().filter((pid) => pid !== process.pid && environmentOf(pid).includes(mark))
  }
}

export function jobsOf({ seconds }: TestSong): number {
  return Math.max(1, Math.ceil(seconds / JOB_SECONDS_OF_SOUND))
}

async function stopProcess(process_: Process): Promise<void> {
  const { exitCode, signalCode } = process_.child
  if (exitCode !== null || signalCode !== null) return
  const hard = setTimeout(() => process_.child.kill('SIGKILL'), 20_000)
  await process_.stop()
  clearTimeout(hard)
}

export function assertWithin(what: string, ms: number, maxMs: number): void {
  assert.ok(ms <= maxMs, `${what} took ${Math.round(ms)} ms, not ${maxMs}`)
}
