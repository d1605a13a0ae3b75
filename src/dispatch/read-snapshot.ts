import { prefetchWindow } from '../song/prefetch-window.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobOfInvitation } from '../store/queries/invitations.ts'
import { type Job, jobsInState, type SeparationJob } from '../store/queries/jobs.ts'
import { hasOpenLyricsJobs, separationsSinceLyrics, waitingLyricsJobs } from '../store/queries/lyrics-queue.ts'
import {
  countOutstanding,
  firstOpenJob,
  hasOpenFirstSound,
  jobsOfSegments,
  nextSongs,
  type SongInWork,
  songInWork,
} from '../store/queries/scheduling.ts'
import { countLyricsSlots } from './lyrics-turn.ts'
import type { Playhead } from './playheads.ts'
import { countOpenSlots } from './publish.ts'
import type { ClaimRequest, LossEvidence, LyricsQueue, OpenSlots, Snapshot } from './snapshot.ts'
import type { KnownWorker, WorkerRegistry } from './worker-registry.ts'
import { sharedMachineOf } from './yield-to-first-sound.ts'

export type SnapshotSource = Pick<Snapshot, 'serverHost' | 'playheads' | 'decoders' | 'uploadsEndingUntilMs'> & {
  db: Database
  workers: WorkerRegistry
  claims: readonly (Omit<ClaimRequest, 'job'> & { jobId: number; generation: number })[]
  /** False to decide about waiting requests only. */
  fillsSlots: boolean
  /** What the scheduler knows about lost invitations. Null to look for none. */
  lossEvidence: Omit<LossEvidence, 'published'> | null
}

/**
 * Reads what a decision needs. The number of rows read depends on the number of workers, listeners and open slots, never on the
 * number of songs and jobs.
 */
export function readSnapshot(source: SnapshotSource): Snapshot {
  const { db, workers, serverHost, playheads, decoders, fillsSlots } = source
  const claims = source.claims.map(({ jobId, generation, ...claim }) => {
    return { ...claim, job: jobOfInvitation(db, { jobId, generation }) }
  })
  const known = workers.list()
  const isDelayed = ({ worker }: { worker: string }) => sharedMachineOf({ workers: known, serverHost }, worker) !== null
  const lyrics = hasOpenLyricsJobs(db) ? readLyricsQueue(db, { workers: known, playheads, fillsSlots }) : null
  const needsClaimed =
    decoders.length > 0 ||
    claims.some(isDelayed) ||
    (fillsSlots && (playheads.length > 0 || lyrics !== null)) ||
    source.lossEvidence !== null
  return {
    serverHost,
    workers: known,
    playheads,
    ...readPrefetchWindows(db, { playheads, invited: claims.flatMap(({ job }) => job ?? []) }),
    claimed: needsClaimed ? jobsInState(db, 'claimed') : [],
    claims,
    decoders,
    uploadsEndingUntilMs: source.uploadsEndingUntilMs,
    openSlots: fillsSlots ? readOpenSlots(db, known) : null,
    lyrics,
    lossEvidence: source.lossEvidence && { ...source.lossEvidence, published: readPublished(db) },
  }
}

function readPrefetchWindows(
  db: Database,
  { playheads, invited }: { playheads: readonly Playhead[]; invited: readonly Job[] },
): Pick<Snapshot, 'songs' | 'jobs'> {
  const songs = new Map<number, SongInWork>()
  const jobs = new Map<number, Map<number, SeparationJob>>()
  const read = new Set<string>()
  const add = (job: SeparationJob) => {
    const ofSong = jobs.get(job.songId) ?? new Map<number, SeparationJob>()
    jobs.set(job.songId, ofSong.set(job.segment, job))
  }
  for (const { songId, segment } of playheads) {
    const place = `${songId}/${segment}`
    if (read.has(place)) continue
    read.add(place)
    const song = songs.get(songId) ?? songInWork(db, songId)
    if (!song) continue
    songs.set(songId, song)
    for (const job of jobsOfSegments(db, { songId, ...prefetchWindow(segment) })) add(job)
  }
  // A song without a listener can be swapped only for the first open job of its beginning.
  for (const { songId, state, kind } of invited) {
    const first =
      kind === 'separate' && state === 'published' && firstOpenJob(db, { songId, last: prefetchWindow(0).last })
    if (first) add(first)
  }
  return { songs, jobs }
}

function readOpenSlots(db: Database, workers: readonly KnownWorker[]): OpenSlots {
  const takers = countTakers(workers)
  const outstanding = takers.size > 0 ? countOutstanding(db) : new Map<string, number>()
  const models = [...takers].sort().map(([modelId, count]) => {
    const slots = countOpenSlots({ workers: count, outstanding: outstanding.get(modelId) ?? 0 })
    const jobsEach = (songs: number) => Math.ceil(slots / Math.max(1, songs))
    return { modelId, slots, nextSongs: slots > 0 ? nextSongs(db, { modelId, songs: slots, jobsEach }) : [] }
  })
  return { models, idleWorkers: workers.filter(({ state }) => state === 'idle').length }
}

/** The workers that take jobs of each model now. */
function countTakers(workers: readonly KnownWorker[]): Map<string, number> {
  const takers = new Map<string, number>()
  for (const { state, models } of workers) {
    if (state !== 'idle' && state !== 'busy') continue
    for (const modelId of models) takers.set(modelId, (takers.get(modelId) ?? 0) + 1)
  }
  return takers
}

function readLyricsQueue(
  db: Database,
  {
    workers,
    playheads,
    fillsSlots,
  }: { workers: readonly KnownWorker[]; playheads: readonly Playhead[]; fillsSlots: boolean },
): LyricsQueue {
  const takers = countTakers(workers)
  const modelsWithFirstSound = new Set([...takers.keys()].filter((modelId) => hasOpenFirstSound(db, modelId)))
  if (!fillsSlots) return { modelsWithFirstSound, separationsSinceLast: 0, models: [] }
  const outstanding = countOutstanding(db)
  const listened = playheads.map(({ songId }) => songId)
  const models = [...takers].flatMap(([modelId, count]) => {
    const slots = countLyricsSlots({ workers: count, outstanding: outstanding.get(modelId) ?? 0 })
    const waiting = slots > 0 ? waitingLyricsJobs(db, { modelId, listened, limit: slots }) : []
    return waiting.length > 0 ? [{ modelId, slots, waiting }] : []
  })
  return {
    modelsWithFirstSound,
    separationsSinceLast: separationsSinceLyrics(db),
    models,
  }
}

function readPublished(db: Database): LossEvidence['published'] {
  const now = db.now()
  return jobsInState(db, 'published').map((job) => ({ job, ageMs: now - (job.publishedAt ?? 0) }))
}
