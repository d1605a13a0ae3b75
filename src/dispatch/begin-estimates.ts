import type { JobState } from '../song/lifecycle.ts'
import { prefetchWindow } from '../song/prefetch-window.ts'
import { countSegments } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobsInState } from '../store/queries/jobs.ts'
import { runningSeconds, type SongTurn, songsInTurn } from '../store/queries/queue.ts'
import { jobsOfSegments } from '../store/queries/scheduling.ts'
import { expectedSamples, getSong } from '../store/queries/songs.ts'
import { estimateBegins, roundSeconds } from './estimate-begins.ts'
import type { Playhead } from './playheads.ts'
import type { KnownWorker, WorkerRegistry } from './worker-registry.ts'

const FRESH_MS = 2_000
/** A song that the estimates do not know may have been added just now. */
const FRESH_FOR_NEW_SONGS_MS = 100
/** Songs further behind get no estimate. */
const MAX_SONGS = 10_000
const MAX_PLAYHEADS = 50
/** A later estimate that is higher only by so much does not replace the earlier one, so that the text does not jitter. */
const NOTABLY_LATER = 1.25

/** What a job of a model is. @property seconds how long a worker needs for it, by measurement or by the model's description */
export type JobOfModel = { soundSeconds: number; seconds: number }

type BeginEstimatesOptions = {
  db: Database
  workers: WorkerRegistry
  playheads(): readonly Playhead[]
  jobOfModel(modelId: string): JobOfModel | null
}

/**
 * Estimates when songs begin that wait for their turn. It follows the rules of the scheduler: jobs in prefetch windows first, then
 * the invitations that are out, then a job of each song in turn. All estimates are made together, with a few queries and at most
 * every two seconds, because a queue can have thousands of songs.
 */
export class BeginEstimates {
  readonly #options: BeginEstimatesOptions
  /** The estimates by song, the first song first. */
  #seconds = new Map<number, number>()
  #madeAt = Number.NEGATIVE_INFINITY

  constructor(options: BeginEstimatesOptions) {
    this.#options = options
  }

  /** The seconds until a song begins that has not begun, rounded. Null if no worker can do it, or if nothing is known. */
  of(songId: number): number | null {
    this.#refresh(this.#seconds.has(songId) ? FRESH_MS : FRESH_FOR_NEW_SONGS_MS)
    return this.#seconds.get(songId) ?? null
  }

  /** The songs with an estimate, the first ones first. Songs that have begun are among them while they have open jobs. */
  list(): ReadonlyMap<number, number> {
    this.#refresh(FRESH_MS)
    return this.#seconds
  }

  #refresh(freshMs: number): void {
    const now = performance.now()
    if (now < this.#madeAt + freshMs) return
    this.#madeAt = now
    const before = this.#seconds
    this.#seconds = new Map()
    const estimates = [...this.#estimates()].sort(([, a], [, b]) => a - b)
    for (const [songId, seconds] of estimates) {
      const known = before.get(songId)
      const isAsBefore = known !== undefined && seconds > known && seconds < NOTABLY_LATER * known
      this.#seconds.set(songId, isAsBefore ? known : roundSeconds(seconds))
    }
  }

  *#estimates(): Generator<[songId: number, seconds: number]> {
    const { db, workers, jobOfModel } = this.#options
    const turns = Map.groupBy(songsInTurn(db, MAX_SONGS), ({ modelId }) => modelId)
    if (turns.size === 0) return
    const running = runningSeconds(db)
    const first = [...this.#prefetched(), ...this.#published()]
    for (const [modelId, turnsOfModel] of turns) {
      const job = jobOfModel(modelId)
      const takers = workers.list().filter((each) => takesJobs(each, modelId))
      if (!job || takers.length === 0) continue
      yield* estimateBegins({
        songIds: [...first, ...turnsOfModel].filter((turn) => turn.modelId === modelId).map(({ songId }) => songId),
        secondsPerJob: takers.map((worker) => expectedSeconds(worker, job, turns.size)),
        runningSeconds: running.get(modelId) ?? [],
        listenersShare: this.#listenersShare(turnsOfModel, job, takers.length),
      })
    }
  }

  /** The open jobs in prefetch windows, in the order in which claims get them, and those that the decoder will add there. */
  #prefetched(): SongTurn[] {
    const { db, playheads } = this.#options
    return playheads()
      .slice(0, MAX_PLAYHEADS)
      .flatMap(({ songId, segment }) => {
        const song = getSong(db, songId)
        if (song?.state !== 'separating') return []
        const { first, last } = prefetchWindow(segment)
        const end = Math.min(last + 1, countSegments(song.plan.grid, expectedSamples(song)))
        const begun = jobsOfSegments(db, { songId, first, last }).filter(({ state }) => isBegun(state))
        const open = Math.max(0, end - first - begun.length)
        return Array<SongTurn>(open).fill({ songId, modelId: song.plan.modelId })
      })
  }

  #published(): SongTurn[] {
    const published = jobsInState(this.#options.db, 'published')
    return published.sort((a, b) => (a.publishedAt ?? 0) - (b.publishedAt ?? 0))
  }

  /** The share of all jobs that the listeners of these songs need while they play. */
  #listenersShare(turns: readonly SongTurn[], { soundSeconds, seconds }: JobOfModel, workers: number): number {
    const playing = new Set(this.#options.playheads().map(({ songId }) => songId))
    if (playing.size === 0) return 0
    const listened = turns.filter(({ songId }) => playing.has(songId)).length
    return (listened * seconds) / (soundSeconds * workers)
  }
}

/**
 * How long a worker needs for a job: the mean of the jobs of its model and of the worker's last job, which evens out chance. The
 * last job may have been of any model in work, so it counts only if that is one. Models in work share the workers.
 */
function expectedSeconds({ speed }: KnownWorker, { soundSeconds, seconds }: JobOfModel, models: number): number {
  return models === 1 && speed ? (soundSeconds / speed + seconds) / 2 : models * seconds
}

function isBegun(state: JobState): boolean {
  return state === 'claimed' || state === 'done'
}

function takesJobs({ state, models }: KnownWorker, modelId: string): boolean {
  return (state === 'idle' || state === 'busy') && models.includes(modelId)
}
