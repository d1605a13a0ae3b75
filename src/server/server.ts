import { Server as HttpsServer } from 'node:https'
import { Exports } from '../assemble/exports.ts'
import { warmUp } from '../assemble/warm-up.ts'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import { StompClient } from '../broker/stomp-client.ts'
import { brokerAddress, type Config } from '../config.ts'
import { answerClaim } from '../dispatch/claim.ts'
import { Dispatch } from '../dispatch/dispatch.ts'
import { WorkerCalls } from '../dispatch/worker-calls.ts'
import type { Answering } from '../listen/answers.ts'
import { createApp } from '../listen/app.ts'
import { EventPublisher } from '../listen/event-publisher.ts'
import { EventStream } from '../listen/events.ts'
import type { HttpListener } from '../listen/http-listener.ts'
import { modelAnswers, whyWaiting } from '../listen/model-answers.ts'
import { Overview } from '../listen/overview.ts'
import type { Services } from '../listen/services.ts'
import type { Log } from '../log.ts'
import { Metrics } from '../metrics.ts'
import { planOf } from '../models/description.ts'
import type { Shelf } from '../models/shelf.ts'
import { openLedger } from '../recover/open-ledger.ts'
import { Trash } from '../remove/trash.ts'
import { messageOf } from '../song/errors.ts'
import { FaultMonitor } from '../store/fault-monitor.ts'
import type { FolderLock } from '../store/folder-lock.ts'
import { LedgerFeed } from '../store/ledger-feed.ts'
import { getMeta, setMeta } from '../store/meta.ts'
import type { Folders } from '../store/paths.ts'
import { Quota } from '../store/quota.ts'
import { ensureReserve } from '../store/reserve.ts'
import { SongRecords } from '../store/song-records.ts'
import { recallInvitations } from '../store/transitions/jobs.ts'
import { renameSong } from '../store/transitions/songs.ts'
import { urlOf, urlTowardsBroker } from './address.ts'
import type { Certificate } from './certificate.ts'
import { holdClaim, holdDecoding } from './hold.ts'
import { SongFlow } from './song-flow.ts'

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
  const feed = new LedgerFeed()
  const { db, serverId } = await openLedger({ folders, isClockTrusted, feed, log })
  const faults = new FaultMonitor({ db, lock, folders, log })
  ensureReserve(folders)
  const records = new SongRecords({ db, folders, log, faults })
  const quota = new Quota({ db, folders, maxGigabytes: config.MAX_DATA_GB })
  const events = new EventStream()
  const metrics = new Metrics()
  const base = { db, folders, log, faults, quota, records, shelf, metrics }
  const limits = {
    maxUploadBytes: config.MAX_UPLOAD_MB * MEBIBYTE,
    maxSongSeconds: config.MAX_SONG_MINUTES * 60,
  }
  const isReconnected = () => dispatch.noteReconnect()
  const broker = new StompClient({
    address: brokerAddress(config),
    heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
    log: { info: (message) => log.info(`Server: ${message}`), warn: (message) => log.warn(`Server: ${message}`) },
    onReconnected: isReconnected,
  })
  const run = (): number => Number(getMeta(db, 'run') ?? 1)
  let serverUrl = config.SERVER_URL ?? ''
  const dispatch: Dispatch = new Dispatch({
    db,
    broker,
    sender: { serverId, run, serverUrl: () => serverUrl || urlTowardsBroker(config, broker, http) },
    log,
    models: () => shelf.models.map(({ id, memoryMb }) => ({ id, memoryMb })),
    onWorkers: () => publisher.workersChanged(() => overview.workers()),
    onOfferedAgain: (jobs) => metrics.offeredAgain.inc(jobs.length),
    guard: (work) => faults.guard(work),
  })
  const { workers } = dispatch
  const answering: Answering = {
    db,
    basePath: config.BASE_PATH,
    whyWaiting: (song) => whyWaiting({ workers, shelf }, song),
  }
  const publisher = new EventPublisher({ answering, events, log })
  feed.subscribe((changes) =>
    faults.guard(() => {
      dispatch.fillSoon()
      publisher.publish(changes)
    }),
  )
  faults.onOver(() => {
    ensureReserve(folders)
    records.retryFailedWrites()
    dispatch.fillSoon()
  })
  const flow: SongFlow = new SongFlow({
    ...base,
    limits,
    planFor(model) {
      const chosen = shelf.find(model ?? config.MODEL)
      return { name: chosen.name, plan: planOf(chosen) }
    },
    whenDecoderMayRun: () => holdDecoding({ db, dispatch }),
    beginSeekDecode: (span) => dispatch.playheads.noteDecoding(span),
    playheads: () => dispatch.listening(),
    onReceivedBytes: (bytes) => metrics.bytes.inc({ what: 'upload' }, bytes),
    onFailedSong: () => metrics.failedSongs.inc(),
  })
  const trash = new Trash({
    ...base,
    retentionDays: config.RETENTION_DAYS,
    stopWork: (songId) => flow.stop(songId),
    resume: (song) => flow.resume(song),
  })
  const jobs = new WorkerCalls({
    ...base,
    maxAttempts: config.MAX_ATTEMPTS,
    async claim(jobId, claim) {
      const held = { worker: claim.worker, jobId, generation: claim.generation }
      await holdClaim({ db, dispatch, isRestComing: () => flow.isRestComing }, held)
      const options = { jobId, claim, maxAttempts: config.MAX_ATTEMPTS, playheads: dispatch.listening() }
      const answer = answerClaim(db, options)
      if (answer.kind === 'assigned') dispatch.noteClaim()
      return answer
    },
    failSong: (songId, reason) => flow.fail(songId, reason),
    onResult: (segment) => flow.assemble(segment),
  })
  const files = new Exports(base)
  const overview = new Overview({
    ...base,
    workers,
    broker,
    brokerAddress: brokerAddress(config),
    isEmbedded,
    hasLogin: config.ACCESS_TOKEN !== undefined,
    version,
    serverId,
  })
  metrics.addGauges(() => overview.present())

  async function reset(): Promise<void> {
    setMeta(db, 'run', String(run() + 1))
    dispatch.announce('reset')
    const count = await trash.eraseAll()
    log.info(`Server: reset - ${count} songs deleted, all work cancelled.`)
  }

  const services: Services = {
    ...answering,
    folders,
    events,
    version,
    models: () => modelAnswers({ db, shelf, defaultModel: config.MODEL, workers }),
    health: () => overview.health(),
    passingFaultOf: (error) => faults.note(error),
    whyNotWritable: () => faults.probe(),
    metrics: () => metrics.text(),
    noteRequest: ({ seconds, ...labels }) => metrics.requests.observe(labels, seconds),
    workers: () => overview.workers(),
    receive: (upload) => flow.receive(upload),
    keep: (song, kept) => flow.requestMix(song, kept),
    expectListener: () => files.expectListener(),
    listen(song, { seconds, listener }) {
      const segment = Math.floor((seconds * SAMPLE_RATE) / song.plan.grid.strideSamples)
      dispatch.noteListener(listener, { songId: song.id, segment })
      flow.seek({ songId: song.id, segment })
      dispatch.fill()
      files.expectListener()
    },
    retry: (songId) => flow.retry(songId),
    mix: (song, mix) => flow.mix(song, mix),
    async rename(song, names) {
      renameSong(db, { songId: song.id, ...names })
      await records.savePerson(song.id)
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
  if (isEmbedded) recallInvitations(db)
  flow.resumeAll()
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
  void flow.checkFiles().then(() => records.reconcile())
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
      publisher.close()
      await records.close()
      faults.close()
      db.close()
    },
  }
}
