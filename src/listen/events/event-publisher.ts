import type { Log } from '../../log.ts'
import { type Coalesced, coalesce } from '../../platform/coalesce.ts'
import { assertNever } from '../../song/errors.ts'
import type { LedgerChange } from '../../store/ledger/ledger-changes.ts'
import { lyricsWorkOf } from '../../store/queries/lyrics-work-state.ts'
import { hasBegun } from '../../store/queries/queue.ts'
import { getSong } from '../../store/queries/songs.ts'
import { lyricsOf } from '../../store/tables/lyrics.ts'
import { type Answering, musicAnswer, progressAnswer, segmentChange, segmentChanges } from '../answers.ts'
import { tryRaiseProgress } from '../progress.ts'
import type { WorkerAnswer } from '../schemas.ts'
import { setlistAnswers } from '../setlist-answers.ts'
import type { EventStream } from './event-stream.ts'
import { WaitingSongs } from './waiting-songs.ts'

const WORKERS_WITHIN_MS = 100
const SEGMENTS_WITHIN_MS = 50
const SETLISTS_WITHIN_MS = 50

/** Turns changes of the ledger into events, and logs the progress of songs. Links in events are relative. */
export class EventPublisher {
  readonly #answering: Answering
  readonly #events: EventStream
  readonly #log: Log
  /** The last logged progress, by song. */
  readonly #logged = new Map<number, number>()
  readonly #workersEvent: Coalesced
  /** Segments whose events will be sent soon. */
  readonly #changedSegments = new Map<string, { songId: number; segment: number }>()
  readonly #segmentEvents: Coalesced
  /** One song may be in many setlists, and many songs may be deleted at once. */
  readonly #setlistsEvent: Coalesced
  readonly #waitingSongs: WaitingSongs
  #isClosed = false

  /**
   * @param workers returns the connected workers
   * @param beginEstimates returns the seconds until songs begin, the first ones first
   */
  constructor({
    answering,
    events,
    log,
    workers,
    beginEstimates,
  }: {
    answering: Answering
    events: EventStream
    log: Log
    workers(): readonly WorkerAnswer[]
    beginEstimates(): ReadonlyMap<number, number>
  }) {
    this.#answering = answering
    this.#events = events
    this.#log = log
    const tellWorkers = (): void => this.#events.tell({ type: 'workers', songId: null, data: workers })
    this.#workersEvent = coalesce(tellWorkers, WORKERS_WITHIN_MS)
    const tellSetlists = (): void =>
      this.#events.tell({ type: 'setlists', songId: null, data: () => setlistAnswers(answering.db) })
    this.#setlistsEvent = coalesce(tellSetlists, SETLISTS_WITHIN_MS)
    this.#segmentEvents = coalesce(() => this.#tellSegments(), SEGMENTS_WITHIN_MS)
    this.#waitingSongs = new WaitingSongs({
      beginEstimates,
      hasBegun: (songId) => hasBegun(answering.db, songId),
      isHeard: () => events.isHeard(),
      tell: (songId) => this.#progress(songId),
    })
  }

  /** Must be called after each COMMIT, with the changes of that transaction. */
  publish(changes: readonly LedgerChange[]): void {
    const progressed = new Set<number>()
    for (const change of changes) this.#publish(change, progressed)
    for (const songId of progressed) this.#progress(songId)
    this.#waitingSongs.noteChange()
  }

  /** Must be called after a change of a worker. Workers change with every job, so changes within 100 ms share one event. */
  workersChanged(): void {
    if (this.#isClosed) return
    this.#workersEvent.soon()
    this.#waitingSongs.noteChange()
  }

  close(): void {
    this.#isClosed = true
    this.#workersEvent.cancel()
    this.#segmentEvents.cancel()
    this.#setlistsEvent.cancel()
    this.#waitingSongs.close()
  }

  /** @param progressed gets the songs whose progress may have changed, to be told once for all changes */
  #publish(change: LedgerChange, progressed: Set<number>): void {
    switch (change.kind) {
      case 'song-added':
        this.#song(change.songId)
        break
      case 'song-changed':
        this.#song(change.songId)
        progressed.add(change.songId)
        break
      case 'song-renewed':
        this.#whole(change.songId)
        break
      case 'song-deleted':
        this.#removed(change.songId)
        break
      case 'song-erased':
        if (change.songId === null) this.#reset()
        else this.#removed(change.songId)
        break
      case 'jobs-added':
        // No event: a page shows a segment without a job in the same way.
        break
      case 'job-changed':
        this.#segmentSoon(change)
        break
      case 'block-final':
        this.#events.tell({
          type: 'stretch',
          songId: change.songId,
          data: () => ({ music_id: change.songId, index: change.segment }),
        })
        this.#segment(change)
        progressed.add(change.songId)
        break
      case 'file-ready':
        progressed.add(change.songId)
        break
      case 'practice-changed':
        this.#practice(change)
        break
      case 'lyrics-changed':
      case 'lyrics-work-changed':
        this.#lyrics(change.songId)
        break
      case 'setlists-changed':
        if (!this.#isClosed) this.#setlistsEvent.soon()
        break
      default:
        assertNever(change)
    }
  }

  #song(songId: number): void {
    const data = () => {
      const song = getSong(this.#answering.db, songId)
      return song && musicAnswer(this.#answering, song)
    }
    this.#events.tell({ type: 'song', songId, data })
  }

  #lyrics(songId: number): void {
    const { db } = this.#answering
    const data = () => ({
      music_id: songId,
      revision: lyricsOf(db, songId).revision,
      work: lyricsWorkOf(db, songId),
    })
    this.#events.tell({ type: 'lyrics', songId, data })
  }

  #practice({ songId, version }: { songId: number; version: number }): void {
    this.#events.tell({ type: 'practice', songId, data: () => ({ music_id: songId, version }) })
  }

  #progress(songId: number): void {
    const song = getSong(this.#answering.db, songId)
    if (!song) return
    const answer = progressAnswer(this.#answering, song, '')
    tryRaiseProgress(this.#answering.db, song, answer.progress)
    this.#events.tell({ type: 'progress', songId, data: () => answer })
    if (this.#logged.get(songId) === answer.progress) return
    this.#logged.set(songId, answer.progress)
    this.#log.info({ songId, progress: answer.progress }, `Server: Music[${songId}] - Progress: ${answer.progress}%.`)
  }

  /** Sends everything about a song, for pages that do not know it or have removed it. */
  #whole(songId: number): void {
    const song = getSong(this.#answering.db, songId)
    if (!song) return
    this.#song(songId)
    this.#progress(songId)
    for (const segment of segmentChanges(this.#answering, song)) {
      this.#events.tell({ type: 'job', songId, data: () => segment })
    }
  }

  /** Sends a segment's event soon. A job changes several times within a moment, and only the last state is sent. */
  #segmentSoon({ songId, segment }: { songId: number; segment: number }): void {
    if (this.#isClosed) return
    this.#changedSegments.set(`${songId}/${segment}`, { songId, segment })
    this.#segmentEvents.soon()
  }

  #tellSegments(): void {
    const changed = [...this.#changedSegments.values()]
    for (const each of changed) this.#segment(each)
    for (const songId of new Set(changed.map((each) => each.songId))) this.#progress(songId)
  }

  #segment({ songId, segment }: { songId: number; segment: number }): void {
    this.#changedSegments.delete(`${songId}/${segment}`)
    const data = () => {
      const song = getSong(this.#answering.db, songId)
      return song && segmentChange(this.#answering, song, segment)
    }
    this.#events.tell({ type: 'job', songId, data })
  }

  #removed(songId: number): void {
    this.#logged.delete(songId)
    this.#events.tell({ type: 'deleted', songId, data: () => ({ music_id: songId }) })
  }

  #reset(): void {
    this.#logged.clear()
    this.#events.tell({ type: 'reset', songId: null, data: () => ({}) })
  }
}
