import { Server as HttpsServer } from 'node:https'
import { warmUp } from '../assemble/warm-up.ts'
import { MediaPool } from '../audio/media/media-pool.ts'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import { StompClient } from '../broker/stomp-client.ts'
import { brokerAddress, type Config } from '../config.ts'
import { Dispatch } from '../dispatch/dispatch.ts'
import type { Answering } from '../listen/answers.ts'
import { createApp } from '../listen/app.ts'
import { EventStream } from '../listen/events.ts'
import type { HttpListener } from '../listen/http-listener.ts'
import type { Services } from '../listen/services.ts'
import type { Log } from '../log.ts'
import { Metrics } from '../metrics.ts'
import type { Shelf } from '../models/shelf.ts'
import { messageOf } from '../song/errors.ts'
import type { FolderLock } from '../store/folder-lock.ts'
import { recallJobs } from '../store/invitations.ts'
import { getMeta, setMeta } from '../store/meta.ts'
import type { Folders } from '../store/paths.ts'
import { keepReserve } from '../store/reserve.ts'
import { renameSong } from '../store/songs.ts'
import { urlOf, urlTowardsBroker } from './address.ts'
import { Announcer } from './announcer.ts'
import type { Certificate } from './certificate.ts'
import { FaultMonitor } from './fault-monitor.ts'
import { FileWork } from './file-work.ts'
import { JobWork } from './job-work.ts'
import { modelAnswers, offeredModels, whyWaiting } from './model-work.ts'
import { openLedger } from './open-ledger.ts'
import { Overview } from './overview.ts'
import { Quota } from './quota.ts'
import type { ServerState } from './server-state.ts'
import { SongFlow } from './song-flow.ts'
import { SongRecords } from './song-records.ts'
import { Trash } from './trash.ts'

export type Server = {
  url: string
  /** From now on for new connections; those that are open stay as they are. */
  renewCertificate(certificate: Certificate): void
  close(): Promise<void>
}

const MEBIBYTE = 2 ** 20
const LOOK_FOR_MODELS_MS = 5_000

/**
 * Puts the server together: ledger, broker, rooms, HTTP; takes up what the last life of it left.
 * @param folders a data folder that this process has taken, by `lock`
 * @param http the port, open
 */
export async function startServer({
  config,
  shelf,
  folders,
  lock,
  http,
  isEmbedded,
  isClockTrusted,
  log,
  version,
}: {
  config: Config
  shelf: Shelf
  folders: Folders
  lock: FolderLock
  http: HttpListener
  isEmbedded: boolean
  isClockTrusted: boolean
  log: Log
  version: string
}): Promise<Server> {
  shelf.find(config.MODEL)
  for (const { reason } of shelf.faults) log.warn(`Server: ${reason}`)
  const { db, serverId } = await openLedger({ folders, isClockTrusted, log })
  const faults = new FaultMonitor({
    db,
    lock,
    folders,
    log,
    onOver() {
      keepReserve(folders)
      records.writeMissed()
      dispatch.fillSoon()
    },
  })
  keepReserve(folders)
  const records = new SongRecords({ db, folders, log, faults })
  const events = new EventStream()
  const broker = new StompClient({
    address: brokerAddress(config),
    heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
    log: { info: (message) => log.info(`Server: ${message}`), warn: (message) => log.warn(`Server: ${message}`) },
    onReconnected: () => dispatch.noteReconnect(),
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
    mediaPool: new MediaPool(),
    limits: {
      maxUploadBytes: config.MAX_UPLOAD_MB * MEBIBYTE,
      maxSongSeconds: config.MAX_SONG_MINUTES * 60,
      maxAttempts: config.MAX_ATTEMPTS,
    },
    faults,
    records,
    quota: new Quota({ db, folders, maxGigabytes: config.MAX_DATA_GB }),
    run,
    dispatch: () => dispatch,
    isRestComing: () => flow.isRestComing,
  }
  const answering: Answering = {
    db,
    basePath: config.BASE_PATH,
    whyWaiting: (song) => whyWaiting(state, song),
  }
  const announcer = new Announcer({ answering, events, log })
  let serverUrl = config.SERVER_URL ?? ''
  const dispatch: Dispatch = new Dispatch({
    db,
    broker,
    sender: { serverId, run, serverUrl: () => serverUrl || urlTowardsBroker(config, broker, http) },
    log,
    models: () => offeredModels(shelf),
    onWorkers: () => announcer.workers(() => overview.workers()),
    onJobs: (jobs) => announcer.jobs(jobs),
    onOfferedAgain: (jobs) => metrics.offeredAgain.inc(jobs.length),
    guard: (work) => faults.guard(work),
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
    passingFaultOf: (error) => faults.note(error),
    whyNotWritable: () => faults.probe(),
    metrics: () => metrics.text(),
    noteRequest: ({ seconds, ...labels }) => metrics.requests.observe(labels, seconds),
    workers: () => overview.workers(),
    receive: (upload) => flow.receive(upload),
    keep: (song, kept) => flow.keep(song, kept),
    expectListener: () => files.expectListener(),
    listen(song, { seconds, listener }) {
      const segment = Math.floor((seconds * SAMPLE_RATE) / song.plan.grid.strideSamples)
      dispatch.noteListener(listener, { songId: song.id, segment })
      flow.jump(song.id, segment)
      dispatch.fill()
      files.expectListener()
    },
    retry: (songId) => flow.retry(songId),
    mix: (song, mix) => flow.mix(song, mix),
    async rename(song, names) {
      renameSong(db, { songId: song.id, ...names })
      announcer.song(song.id)
      await records.person(song.id)
    },
    whenChecked: (songId) => flow.whenChecked(songId),
    deleteSong: (songId) => trash.delete(songId),
    restoreSong: (songId) => trash.restore(songId),
    reset,
    block: (block) => files.block(block),
    peaks: (song, range) => files.peaks(song, range),
    render: (file, format, signal) => files.render(file, format, signal),
    claim: (jobId, claim) => jobs.claim(jobId, claim),
    input: (jobId, token) => jobs.input(jobId, token),
    model: (jobId, token) => jobs.model(jobId, token),
    graph: (jobId, token, sha256) => jobs.graph(jobId, token, sha256),
    saveResult: (result) => jobs.saveResult(result),
    fail: (jobId, token, failure) => jobs.fail(jobId, token, failure),
  }
  if (isEmbedded) recallJobs(db)
  flow.resume()
  warmUp(shelf.find(config.MODEL).grid)
  const url = urlOf(http, config)
  if (isEmbedded) serverUrl ||= url
  const app = await createApp({
    services,
    log,
    http,
    doors: {
      host: config.HOST,
      serverUrl: config.SERVER_URL,
      accessToken: config.ACCESS_TOKEN,
      trustedProxy: config.TRUSTED_PROXY,
      requestsPerMinute: config.MAX_REQUESTS_PER_MINUTE,
      uploadsAtOnce: config.MAX_UPLOADS,
      stalledMs: config.STALLED_AFTER_SECONDS * 1000,
    },
  })
  void broker.whenConnected().then(() => dispatch.announce('beacon'))
  void flow.checkFiles().then(() => records.bringUpToDate())
  const looking = setInterval(() => void lookForModels(), LOOK_FOR_MODELS_MS)

  /** Models are installed and removed while the server runs. */
  async function lookForModels(): Promise<void> {
    const isNews = await shelf.refresh().catch((error: unknown) => {
      if (!faults.note(error)) log.warn(`Server: the installed models could not be looked at: ${messageOf(error)}`)
      return false
    })
    if (!isNews) return
    log.info(`Server: models now are ${shelf.models.map(({ name }) => name).join(', ')}.`)
    dispatch.announce('beacon')
  }

  return {
    url,
    renewCertificate(certificate) {
      if (http.server instanceof HttpsServer) http.server.setSecureContext(certificate)
    },
    async close() {
      clearInterval(looking)
      dispatch.close()
      trash.close()
      events.close()
      await app.close()
      await http.close()
      await flow.close()
      await files.close()
      await broker.close()
      announcer.close()
      await records.close()
      faults.close()
      db.close()
    },
  }
}
