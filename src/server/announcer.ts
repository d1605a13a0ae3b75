import { type Answering, musicAnswer, progressAnswer, segmentChange, segmentChanges } from '../listen/answers.ts'
import type { EventStream } from '../listen/events.ts'
import type { WorkerAnswer } from '../listen/schemas.ts'
import type { Log } from '../log.ts'
import type { Job } from '../store/jobs.ts'
import { getSong } from '../store/songs.ts'

const WORKERS_WITHIN_MS = 100
const SEGMENTS_WITHIN_MS = 50

/** Puts changes of the ledger into events for the pages, and the progress into the log. Links in events are relative. */
export class Announcer {
  readonly #answering: Answering
  readonly #events: EventStream
  readonly #log: Log
  readonly #told = new Map<number, number>()
  #workersSoon: NodeJS.Timeout | null = null
  /** Segments that are to be told soon. */
  readonly #changed = new Map<string, readonly [songId: number, segment: number]>()
  #changedSoon: NodeJS.Timeout | null = null
  #isClosed = false

  constructor({ answering, events, log }: { answering: Answering; events: EventStream; log: Log }) {
    this.#answering = answering
    this.#events = events
    this.#log = log
  }

  song(songId: number): void {
    const data = () => {
      const song = getSong(this.#answering.db, songId)
      return song && musicAnswer(this.#answering, song)
    }
    this.#events.tell({ type: 'song', songId, data })
  }

  progress(songId: number): void {
    const song = getSong(this.#answering.db, songId)
    if (!song) return
    const answer = progressAnswer(this.#answering, song, '')
    this.#events.tell({ type: 'progress', songId, data: () => answer })
    if (this.#told.get(songId) === answer.progress) return
    this.#told.set(songId, answer.progress)
    this.#log.info({ songId, progress: answer.progress }, `Server: Music[${songId}] - Progress: ${answer.progress}%.`)
  }

  stretch(songId: number, segment: number): void {
    this.#events.tell({ type: 'stretch', songId, data: () => ({ music_id: songId, index: segment }) })
    this.segment(songId, segment)
  }

  jobs(jobs: readonly Job[]): void {
    for (const { songId, segment } of jobs) this.segmentSoon(songId, segment)
  }

  /** Everything about a song that the pages do not know, or know no more. */
  whole(songId: number): void {
    const song = getSong(this.#answering.db, songId)
    if (!song) return
    this.song(songId)
    this.progress(songId)
    for (const segment of segmentChanges(this.#answering, song)) {
      this.#events.tell({ type: 'job', songId, data: () => segment })
    }
  }

  /** A job takes several steps within a moment, of many workers at once: what became of it is told once. */
  segmentSoon(songId: number, segment: number): void {
    if (this.#isClosed) return
    this.#changed.set(`${songId}/${segment}`, [songId, segment])
    this.#changedSoon ??= setTimeout(() => {
      this.#changedSoon = null
      for (const [id, index] of [...this.#changed.values()]) this.segment(id, index)
    }, SEGMENTS_WITHIN_MS)
  }

  segment(songId: number, segment: number): void {
    this.#changed.delete(`${songId}/${segment}`)
    const data = () => {
      const song = getSong(this.#answering.db, songId)
      return song && segmentChange(this.#answering, song, segment)
    }
    this.#events.tell({ type: 'job', songId, data })
  }

  /** Every worker changes its state with every job: what changes within a moment is told as one. */
  workers(present: () => readonly WorkerAnswer[]): void {
    this.#workersSoon ??= setTimeout(() => {
      this.#workersSoon = null
      this.#events.tell({ type: 'workers', songId: null, data: present })
    }, WORKERS_WITHIN_MS)
  }

  deleted(songId: number): void {
    this.#told.delete(songId)
    this.#events.tell({ type: 'deleted', songId, data: () => ({ music_id: songId }) })
  }

  reset(): void {
    this.#told.clear()
    this.#events.tell({ type: 'reset', songId: null, data: () => ({}) })
  }

  close(): void {
    this.#isClosed = true
    if (this.#workersSoon) clearTimeout(this.#workersSoon)
    if (this.#changedSoon) clearTimeout(this.#changedSoon)
  }
}
