import { Exports } from '../assemble/exports.ts'
import { Playback } from '../assemble/playback.ts'
import { PracticeExports } from '../assemble/practice-exports.ts'
import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Config } from '../config.ts'
import { BeginEstimates, type JobOfModel } from '../dispatch/begin-estimates.ts'
import { Scheduler } from '../dispatch/scheduler.ts'
import { WorkerCalls } from '../dispatch/worker-calls.ts'
import type { Sender } from '../dispatch/worker-channel.ts'
import { WorkerRegistry } from '../dispatch/worker-registry.ts'
import type { Answering } from '../listen/answers.ts'
import { EventPublisher } from '../listen/events/event-publisher.ts'
import { EventStream } from '../listen/events/event-stream.ts'
import { gaugeValues } from '../listen/gauge-values.ts'
import { whyWaiting } from '../listen/model-answers.ts'
import { workerAnswers } from '../listen/worker-answers.ts'
import { planOf } from '../models/description.ts'
import { Trash } from '../remove/trash.ts'
import { SAMPLE_RATE } from '../song/pcm.ts'
import { recentSecondsPerJob } from '../store/queries/queue.ts'
import { failLyricsWork } from '../store/transitions/lyrics-work.ts'
import type { LyricsFlow } from '../transcribe/lyrics-flow.ts'
import { openLyricsFlow } from './lyrics-parts.ts'
import type { ServerResources } from './resources.ts'
import { SongFlow } from './song-flow.ts'

export type ServerParts = {
  workers: WorkerRegistry
  scheduler: Scheduler
  answering: Answering
  events: EventStream
  publisher: EventPublisher
  flow: SongFlow
  lyrics: LyricsFlow
  trash: Trash
  calls: WorkerCalls
  exports: Exports
  practiceExports: PracticeExports
  playback: Playback
}

export type PartsOptions = {
  config: Config
  broker: StompClient
  sender: Sender
}

/**
 * Builds the parts of the server, each after those that it needs. Changes of the ledger reach the scheduler first, then the pages, then
 * setlists.json.
 */
export function buildParts(resources: ServerResources, options: PartsOptions): ServerParts {
  const { db, feed, faults, metrics, installedModels, log } = resources
  const { config } = options
  const workers = new WorkerRegistry()
  const estimates: BeginEstimates = new BeginEstimates({
    db,
    workers,
    playheads: () => scheduler.listening(),
    jobOfModel: (modelId) => jobOfModel(resources, modelId),
  })
  const answering: Answering = {
    db,
    basePath: config.BASE_PATH,
    whyWaiting: (song) => whyWaiting({ workers, installedModels }, song),
    beginsIn: (songId) => estimates.of(songId),
  }
  const events = new EventStream()
  const publisher = new EventPublisher({
    answering,
    events,
    log,
    workers: () => workerAnswers({ db, workers, serverId: resources.serverId }),
    beginEstimates: () => estimates.list(),
  })
  workers.onChange(() => publisher.workersChanged())
  metrics.addGauges(() => gaugeValues({ ...resources, workers, broker: options.broker }))
  const scheduler = openScheduler(resources, { ...options, workers })
  faults.onOver(() => scheduler.decideSoon())
  feed.subscribe(() => scheduler.decideSoon())
  feed.subscribe((changes) => publisher.publish(changes))
  feed.subscribe((changes) => resources.setlistsFile.noteChanges(changes))
  const flow = openSongFlow(resources, { config, scheduler })
  const lyrics = openLyricsFlow(resources, { mode: config.LYRICS, whenChecked: (songId) => flow.whenChecked(songId) })
  feed.subscribe((changes) => lyrics.note(changes))
  const trash = new Trash({
    ...resources,
    retentionDays: config.RETENTION_DAYS,
    async stopWork(songId) {
      await Promise.all([flow.stop(songId), lyrics.stop(songId)])
    },
    resume: (song) => flow.resume(song),
  })
  const calls = new WorkerCalls({
    ...resources,
    maxAttempts: config.MAX_ATTEMPTS,
    claimJob: (request) => scheduler.claim(request),
    failSong: (songId, reason) => flow.fail(songId, reason),
    failLyrics: (songId, reason) => void failLyricsWork(db, { songId, reason }),
    onResult: (segment) => flow.addResult(segment),
  })
  return {
    workers,
    scheduler,
    answering,
    events,
    publisher,
    flow,
    lyrics,
    trash,
    calls,
    exports: new Exports(resources),
    practiceExports: new PracticeExports(resources),
    playback: new Playback(resources),
  }
}

/** How much sound a job of an installed model is, and how long a worker needs for it. */
function jobOfModel(
  { db, installedModels }: Pick<ServerResources, 'db' | 'installedModels'>,
  modelId: string,
): JobOfModel | null {
  const model = installedModels.byId(modelId)
  if (!model) return null
  const seconds = recentSecondsPerJob(db, modelId) ?? model.secondsPerSegment
  return { soundSeconds: model.grid.strideSamples / SAMPLE_RATE, seconds }
}

function openScheduler(
  { db, faults, metrics, installedModels, log }: ServerResources,
  { config, broker, sender, workers }: PartsOptions & { workers: WorkerRegistry },
): Scheduler {
  return new Scheduler({
    db,
    broker,
    sender,
    workers,
    log,
    maxAttempts: config.MAX_ATTEMPTS,
    models: () => [
      ...installedModels.all.map(({ id, memoryMb }) => ({ id, kind: 'separate' as const, memoryMb })),
      ...(config.LYRICS === 'off' ? [] : installedModels.speech).map(({ id, memoryMb }) => {
        return { id, kind: 'lyrics' as const, memoryMb }
      }),
    ],
    onInvitedAgain: (jobs) => metrics.offeredAgain.inc(jobs.length),
    guard: (work) => faults.guard(work),
  })
}

function openSongFlow(
  resources: ServerResources,
  { config, scheduler }: { config: Config; scheduler: Scheduler },
): SongFlow {
  const { metrics, installedModels } = resources
  return new SongFlow({
    ...resources,
    planFor(model) {
      const chosen = installedModels.find(model ?? config.MODEL)
      return { name: chosen.name, plan: planOf(chosen) }
    },
    whenDecoderMayRun: (signal) => scheduler.whenDecoderMayRun(signal),
    beginSeekDecode: (range) => scheduler.beginSeekDecode(range),
    playheads: () => scheduler.listening(),
    onReceivedBytes: (bytes) => metrics.bytes.inc({ what: 'upload' }, bytes),
    onUploadEnding: (songId, untilMs) => scheduler.setUploadEnding(songId, untilMs),
    onFailedSong: () => metrics.failedSongs.inc(),
  })
}
