import { randomBytes } from 'node:crypto'
import { Server as HttpsServer } from 'node:https'
import { warmUp } from '../assemble/warm-up.ts'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import { Broker } from '../broker/broker.ts'
import { brokerAddress, type Config } from '../config.ts'
import { Dispatch } from '../dispatch/dispatch.ts'
import type { Answering } from '../listen/answers.ts'
import { createApp } from '../listen/app.ts'
import { EventStream } from '../listen/events.ts'
import type { Services } from '../listen/services.ts'
import type { Log } from '../log.ts'
import { Metrics } from '../metrics.ts'
import type { Shelf } from '../models/shelf.ts'
import { forgetArrivals } from '../store/arrivals.ts'
import { Database } from '../store/database.ts'
import { recallJobs } from '../store/invitations.ts'
import { getMeta, setMeta } from '../store/meta.ts'
import { ledgerPath, tidyFolders } from '../store/paths.ts'
import { renameSong } from '../store/songs.ts'
import { knownSongIds } from '../store/trash.ts'
import { listen, urlOf, urlTowardsBroker } from './address.ts'
import { Announcer } from './announcer.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { FileWork } from './file-work.ts'
import { JobWork } from './job-work.ts'
import { modelAnswers, offeredModels, whyWaiting } from './model-work.ts'
import { Overview } from './overview.ts'
import type { ServerState } from './server-state.ts'
import { SongFlow } from './song-flow.ts'
import { Trash } from './trash.ts'

export type Server = {
  url: string
  /** From now on for new connections; those that are open stay as they are. */
  renewCertificate(certificate: Certificate): void
  close(): Promise<void>
}

const MEBIBYTE = 2 ** 20
const LOOK_FOR_MODELS_MS = 5_000

/** Puts the server together: ledger, broker, rooms, HTTP; takes up what the last run left. */
export async function startServer({
  config,
  shelf,
  dataFolder,
  isEmbedded,
  log,
  version,
}: {
  config: Config
  shelf: Shelf
  dataFolder: string
  isEmbedded: boolean
  log: Log
  version: string
}): Promise<Server> {
  const folders = { root: dataFolder }
  const tls = await readCertificate(config)
  shelf.find(config.MODEL)
  for (const { reason } of shelf.faults) log.warn(`Server: ${reason}`)
  const db = new Database(ledgerPath(folders))
  const serverId = getMeta(db, 'server_id') ?? setMeta(db, 'server_id', randomBytes(6).toString('hex'))
  forgetArrivals(db)
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
  const metrics = new Metrics(() => overview.present())
  const state: ServerState = {
    db,
    folders,
    log,
    events,
    metrics,
    shelf,
    defaultModel: config.MODEL,
    limits: {
      maxUploadBytes: config.MAX_UPLOAD_MB * MEBIBYTE,
      maxSongSeconds: config.MAX_SONG_MINUTES * 60,
      maxAttempts: config.MAX_ATTEMPTS,
    },
    run,
    dispatch: () => dispatch,
    isRestComing: () => flow.isRestComing,
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
    onWorkers: () => announcer.workers(() => overview.workers()),
    onJobs: (jobs) => announcer.jobs(jobs),
    onOfferedAgain: (jobs) => metrics.offeredAgain.inc(jobs.length),
  })
  const flow = new SongFlow(state, announcer)
  const trash = new Trash({ state, announcer, flow, retentionDays: config.RETENTION_DAYS })
  const jobs = new JobWork({ state, flow, announcer })
  const files = new FileWork(state)
  const overview = new Overview({ state, broker, config, about: { version, isEmbedded, serverId } })

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
    health: () => overview.health(),
    metrics: () => metrics.text(),
    noteRequest: ({ seconds, ...labels }) => metrics.requests.observe(labels, seconds),
    workers: () => overview.workers(),
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
  const app = await createApp({
    services,
    log,
    doors: {
      host: config.HOST,
      serverUrl: config.SERVER_URL,
      accessToken: config.ACCESS_TOKEN,
      tls,
      trustedProxy: config.TRUSTED_PROXY,
      requestsPerMinute: config.MAX_REQUESTS_PER_MINUTE,
      uploadsAtOnce: config.MAX_UPLOADS,
      stalledMs: config.STALLED_AFTER_SECONDS * 1000,
    },
  })
  if (isEmbedded) recallJobs(db)
  await flow.resume()
  warmUp(shelf.find(config.MODEL).grid)
  await listen(app, config)
  const url = urlOf(app, config)
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
    renewCertificate(certificate) {
      if (app.server instanceof HttpsServer) app.server.setSecureContext(certificate)
    },
    async close() {
      clearInterval(looking)
      dispatch.close()
      trash.close()
      events.close()
      await app.close()
      await flow.close()
      await files.close()
      await broker.close()
      announcer.close()
      db.close()
    },
  }
}
