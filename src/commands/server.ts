import { randomBytes } from 'node:crypto'
import { warmUp } from '../assemble/warm-up.ts'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import { Broker } from '../broker/broker.ts'
import type { Config } from '../config.ts'
import { Dispatch } from '../dispatch/dispatch.ts'
import type { Answering } from '../listen/answers.ts'
import { type App, createApp } from '../listen/app.ts'
import { EventStream } from '../listen/events.ts'
import type { Health, WorkerAnswer } from '../listen/schemas.ts'
import type { Services } from '../listen/services.ts'
import type { Log } from '../log.ts'
import { UserError } from '../song/errors.ts'
import { Database } from '../store/database.ts'
import { recallJobs } from '../store/invitations.ts'
import { getJob } from '../store/jobs.ts'
import { getMeta, setMeta } from '../store/meta.ts'
import { ledgerPath, tidyFolders } from '../store/paths.ts'
import { listSongs, renameSong } from '../store/songs.ts'
import { knownSongIds } from '../store/trash.ts'
import { Announcer } from './announcer.ts'
import { FileWork } from './file-work.ts'
import { JobWork } from './job-work.ts'
import { openOwnShelf } from './model-folders.ts'
import { modelAnswers, offeredModels, whyWaiting } from './model-work.ts'
import type { ServerState } from './server-state.ts'
import { SongFlow } from './song-flow.ts'
import { Trash } from './trash.ts'
import { brokerAddress } from './worker.ts'

export type Server = { url: string; close(): Promise<void> }

const MEBIBYTE = 2 ** 20
const LOOK_FOR_MODELS_MS = 5_000

/** Puts the server together: ledger, broker, rooms, HTTP; takes up what the last run left. */
export async function startServer({
  config,
  dataFolder,
  isEmbedded,
  log,
  version,
}: {
  config: Config
  dataFolder: string
  isEmbedded: boolean
  log: Log
  version: string
}): Promise<Server> {
  const folders = { root: dataFolder }
  const shelf = await openOwnShelf(config)
  shelf.find(config.MODEL)
  for (const { reason } of shelf.faults) log.warn(`Server: ${reason}`)
  const db = new Database(ledgerPath(folders))
  const serverId = getMeta(db, 'server_id') ?? setMeta(db, 'server_id', randomBytes(6).toString('hex'))
  await tidyFolders(folders, new Set(knownSongIds(db)))
  const events = new EventStream()
  const isReconnected = () => dispatch.noteReconnect()
  const broker = new Broker({
    address: brokerAddress(config),
    heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
    log: { info: (message) => log.info(`Server: ${message}`), warn: (message) => log.warn(`Server: ${message}`) },
    onReconnected: isReconnected,
  })
  const run = (): number => Number(getMeta(db, 'run') ?? 1)
  const state: ServerState = {
    db,
    folders,
    log,
    events,
    shelf,
    defaultModel: config.MODEL,
    limits: {
      maxUploadBytes: config.MAX_UPLOAD_MB * MEBIBYTE,
      maxSongSeconds: config.MAX_SONG_MINUTES * 60,
      maxAttempts: config.MAX_ATTEMPTS,
    },
    run,
    dispatch: () => dispatch,
  }
  const answering: Answering = {
    db,
    whyWaiting: (song) => whyWaiting(state, song),
  }
  const announcer = new Announcer({ answering, events, log })
  let serverUrl = config.SERVER_URL ?? ''
  const dispatch: Dispatch = new Dispatch({
    db,
    broker,
    sender: { serverId, run, serverUrl: () => serverUrl || urlTowardsBroker(config, broker, app) },
    log,
    models: () => offeredModels(shelf),
    onWorkers: () => announcer.workers(workerAnswers()),
    onJobs: (jobs) => announcer.jobs(jobs),
  })
  const flow = new SongFlow(state, announcer)
  const trash = new Trash({ state, announcer, flow })
  const jobs = new JobWork({ state, flow, announcer })
  const files = new FileWork(state)

  function workerAnswers(): WorkerAnswer[] {
    return dispatch.workers.list().map((worker) => ({
      worker: worker.worker,
      host: worker.host,
      pid: worker.pid,
      state: worker.state,
      job_id: worker.serverId === serverId ? worker.jobId : null,
      music_id: worker.serverId === serverId && worker.jobId ? (getJob(db, worker.jobId)?.songId ?? null) : null,
      models: worker.models,
      since: new Date(worker.startedAt).toISOString(),
      jobs: worker.jobs,
      speed: worker.speed,
    }))
  }

  function health(): Health {
    const reasons: string[] = []
    if (!broker.connected) reasons.push(`The broker at ${config.BROKER_HOST}:${config.BROKER_PORT} is not reached.`)
    else if (dispatch.workers.available() === 0) reasons.push('No worker is connected; songs wait.')
    return {
      ok: broker.connected,
      reasons,
      version,
      broker: {
        connected: broker.connected,
        address: `${config.BROKER_HOST}:${config.BROKER_PORT}`,
        embedded: isEmbedded,
      },
      workers: dispatch.workers.list().length,
      songs: listSongs(db).length,
    }
  }

  async function reset(): Promise<void> {
    setMeta(db, 'run', String(run() + 1))
    dispatch.announce('reset')
    const count = await trash.eraseAll()
    announcer.reset()
    log.info(`Server: reset - ${count} songs deleted, all work cancelled.`)
  }

  const services: Services = {
    ...answering,
    folders,
    events,
    version,
    models: () => modelAnswers(state),
    health,
    workers: workerAnswers,
    receive: (upload) => flow.receive(upload),
    keep: (song, kept) => flow.keep(song, kept),
    expectListener: () => files.expectListener(),
    listen(song, { seconds, listener }) {
      const segment = Math.floor((seconds * SAMPLE_RATE) / song.plan.grid.strideSamples)
      dispatch.playheads.note(listener, { songId: song.id, segment }, Date.now())
      flow.jump(song.id, segment)
      dispatch.fill()
      files.expectListener()
    },
    retry: (songId) => flow.retry(songId),
    mix: (song, mix) => flow.mix(song, mix),
    rename(song, names) {
      renameSong(db, { songId: song.id, ...names })
      announcer.song(song.id)
    },
    deleteSong: (songId) => trash.delete(songId),
    restoreSong: (songId) => trash.restore(songId),
    reset,
    stretch: (stretch) => files.stretch(stretch),
    peaks: (song, range) => files.peaks(song, range),
    render: (file, format) => files.render(file, format),
    claim: (jobId, claim) => jobs.claim(jobId, claim),
    input: (jobId, token) => jobs.input(jobId, token),
    model: (jobId, token) => jobs.model(jobId, token),
    graph: (jobId, token, sha256) => jobs.graph(jobId, token, sha256),
    saveResult: (result) => jobs.saveResult(result),
    fail: (jobId, token, failure) => jobs.fail(jobId, token, failure),
  }
  const app = await createApp({ services, log, host: config.HOST, serverUrl: config.SERVER_URL })
  if (isEmbedded) recallJobs(db)
  await flow.resume()
  warmUp(shelf.find(config.MODEL).grid)
  await listen(app, config)
  const url = urlOf(app, config.HOST)
  if (isEmbedded) serverUrl ||= url
  void broker.whenConnected().then(() => dispatch.announce('beacon'))
  const looking = setInterval(() => void lookForModels(), LOOK_FOR_MODELS_MS)

  /** Models are installed and removed while the server runs. */
  async function lookForModels(): Promise<void> {
    if (!(await shelf.refresh())) return
    log.info(`Server: models now are ${shelf.models.map(({ name }) => name).join(', ')}.`)
    dispatch.announce('beacon')
  }

  return {
    url,
    async close() {
      clearInterval(looking)
      dispatch.close()
      trash.close()
      events.close()
      await app.close()
      await flow.close()
      await files.close()
      await broker.close()
      db.close()
    },
  }
}

async function listen(app: App, { HOST, PORT }: Config): Promise<void> {
  try {
    await app.listen({ host: HOST, port: PORT })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new UserError(`PORT: ${HOST}:${PORT} is taken. Choose another with --port.`, { code: 'config', cause })
    if (code === 'EADDRNOTAVAIL')
      throw new UserError(`HOST: ${HOST} is no address of this machine.`, { code: 'config', cause })
    throw cause
  }
}

function urlOf(app: App, host: string): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where workers reach us when nobody said: the address from which we reach the broker, which they reach as well. */
function urlTowardsBroker(config: Config, broker: Broker, app: App): string {
  const isEverywhere = config.HOST === '0.0.0.0' || config.HOST === '::'
  const host = isEverywhere ? (broker.localAddress?.replace('::ffff:', '') ?? '127.0.0.1') : config.HOST
  return urlOf(app, host)
}
