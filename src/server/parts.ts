import { Exports } from '../assemble/exports.ts'
import type { StompClient } from '../broker/client/stomp-client.ts'
import { brokerAddress, type Config } from '../config.ts'
import { Scheduler } from '../dispatch/scheduler.ts'
import { WorkerCalls } from '../dispatch/worker-calls.ts'
import type { Sender } from '../dispatch/worker-channel.ts'
import { WorkerRegistry } from '../dispatch/worker-registry.ts'
import type { Answering } from '../listen/answers.ts'
import { EventPublisher } from '../listen/events/event-publisher.ts'
import { EventStream } from '../listen/events/events.ts'
import { whyWaiting } from '../listen/model-answers.ts'
import { Overview } from '../listen/health.ts'
import { planOf } from '../models/description.ts'
import { Trash } from '../remove/trash.ts'
import type { Foundation } from './resources.ts'
import { SongFlow } from './song-flow.ts'

export type Rooms = {
  workers: WorkerRegistry
  scheduler: Scheduler
  answering: Answering
  events: EventStream
  publisher: EventPublisher
  flow: SongFlow
  trash: Trash
  calls: WorkerCalls
  exports: Exports
  overview: Overview
}

export type RoomsOptions = {
  config: Config
  broker: StompClient
  sender: Sender
  isEmbedded: boolean
  version: string
}

/** Builds the rooms of a server, each after those that it needs. The ledger's changes reach the scheduler first, then the pages. */
export function buildRooms(foundation: Foundation, options: RoomsOptions): Rooms {
  const { db, feed, faults, shelf, log } = foundation
  const { config } = options
  const workers = new WorkerRegistry()
  const answering: Answering = {
    db,
    basePath: config.BASE_PATH,
    whyWaiting: (song) => whyWaiting({ workers, shelf }, song),
  }
  const events = new EventStream()
  const overview = openOverview(foundation, { ...options, workers })
  const publisher = new EventPublisher({ answering, events, log, workers: () => overview.workers() })
  workers.onChange(() => publisher.workersChanged())
  const scheduler = openScheduler(foundation, { ...options, workers })
  faults.onOver(() => scheduler.note())
  feed.subscribe((changes) =>
    faults.guard(() => {
      scheduler.note()
      publisher.publish(changes)
    }),
  )
  const flow = openSongFlow(foundation, { config, scheduler })
  const trash = new Trash({
    ...foundation,
    retentionDays: config.RETENTION_DAYS,
    stopWork: (songId) => flow.stop(songId),
    resume: (song) => flow.resume(song),
  })
  const calls = new WorkerCalls({
    ...foundation,
    maxAttempts: config.MAX_ATTEMPTS,
    claimJob: (request) => scheduler.claim(request),
    failSong: (songId, reason) => flow.fail(songId, reason),
    onResult: (segment) => flow.assemble(segment),
  })
  return {
    workers,
    scheduler,
    answering,
    events,
    publisher,
    flow,
    trash,
    calls,
    exports: new Exports(foundation),
    overview,
  }
}

function openScheduler(
  { db, faults, metrics, shelf, log }: Foundation,
  { config, broker, sender, workers }: RoomsOptions & { workers: WorkerRegistry },
): Scheduler {
  return new Scheduler({
    db,
    broker,
    sender,
    workers,
    log,
    maxAttempts: config.MAX_ATTEMPTS,
    models: () => shelf.models.map(({ id, memoryMb }) => ({ id, memoryMb })),
    onOfferedAgain: (jobs) => metrics.offeredAgain.inc(jobs.length),
    guard: (work) => faults.guard(work),
  })
}

function openSongFlow(
  foundation: Foundation,
  { config, scheduler }: { config: Config; scheduler: Scheduler },
): SongFlow {
  const { metrics, shelf } = foundation
  return new SongFlow({
    ...foundation,
    planFor(model) {
      const chosen = shelf.find(model ?? config.MODEL)
      return { name: chosen.name, plan: planOf(chosen) }
    },
    whenDecoderMayRun: () => scheduler.whenDecoderMayRun(),
    beginSeekDecode: (span) => scheduler.noteSeekDecode(span),
    playheads: () => scheduler.listening(),
    onReceivedBytes: (bytes) => metrics.bytes.inc({ what: 'upload' }, bytes),
    onUploadEnding: (songId, untilMs) => scheduler.noteUpload(songId, untilMs),
    onFailedSong: () => metrics.failedSongs.inc(),
  })
}

function openOverview(
  foundation: Foundation,
  { config, broker, workers, isEmbedded, version }: RoomsOptions & { workers: WorkerRegistry },
): Overview {
  const overview = new Overview({
    ...foundation,
    workers,
    broker,
    brokerAddress: brokerAddress(config),
    isEmbedded,
    hasLogin: config.ACCESS_TOKEN !== undefined,
    version,
  })
  foundation.metrics.addGauges(() => overview.present())
  return overview
}
