import { SAMPLE_RATE } from '../audio/pcm.ts'
import { SOON_DECODED_SAMPLES } from '../dispatch/first-sound.ts'
import { urgentSegments } from '../dispatch/urgent.ts'
import { decodeAhead } from '../receive/decode.ts'
import { messageOf } from '../song/errors.ts'
import { countReadySegments, countSegments, inputOf } from '../song/segment.ts'
import { growAhead } from '../store/decoded.ts'
import { addJobsAhead, jobsOfSong } from '../store/jobs.ts'
import { getSong, type Song } from '../store/songs.ts'
import { holdDecoding } from './hold.ts'
import type { ServerState } from './server-state.ts'

/** Segments that are decoded whoever waits: what is heard first is made of two, and workers need more to do after them. */
const BEFORE_OTHERS = 4

/**
 * Decodes where a listener has jumped to, so that it is separated while the song's own decoding is still on its way
 * there, or has not begun since the song's file is still on its own. What it gives is provisional: see `confirmInputs`.
 */
export class JumpAhead {
  readonly #state: ServerState
  readonly #running = new Map<number, { from: number; to: number; stop: AbortController }>()

  constructor(state: ServerState) {
    this.#state = state
  }

  /** The segments [from, to) to be decoded for a listener who is at one of them; null when they are there or will be soon. */
  #missing(song: Song, segment: number): { from: number; to: number } | null {
    const { grid, needsWholeSong } = song.plan
    if (song.state !== 'separating' || song.isDecoded || needsWholeSong) return null
    const { first, last } = urgentSegments({ songId: song.id, segment })
    const known = new Set(jobsOfSong(this.#state.db, song.id).map((job) => job.segment))
    const from = Array.from({ length: last + 1 - first }, (_, i) => first + i).find((index) => !known.has(index))
    if (from === undefined) return null
    const isSoonThere = inputOf(grid, from).startSample - song.samples < SOON_DECODED_SAMPLES
    if (isSoonThere && song.arrival === null) return null
    if (inputOf(grid, from).startSample > this.#state.limits.maxSongSeconds * SAMPLE_RATE) return null
    const running = this.#running.get(song.id)
    return running && running.from <= from && from < running.to ? null : { from, to: last + 1 }
  }

  /** The work for a jump; null when there is none. A jump of the same song elsewhere ends it. */
  to(songId: number, segment: number): ((signal: AbortSignal) => Promise<void>) | null {
    const song = getSong(this.#state.db, songId)
    const missing = song && this.#missing(song, segment)
    if (!missing) return null
    this.#running.get(songId)?.stop.abort()
    const running = { ...missing, stop: new AbortController() }
    this.#running.set(songId, running)
    const isThere = this.#state.dispatch().playheads.noteDecoding({ songId, ...missing })
    return async (signal) => {
      try {
        await this.#decode(song, missing, AbortSignal.any([signal, running.stop.signal]))
      } catch (error) {
        if (this.#state.faults.note(error)) throw error
        // The song's own decoding will come there, only later.
        const reason = messageOf(error)
        if (!signal.aborted && !running.stop.signal.aborted)
          this.#state.log.info({ songId }, `Server: Music[${songId}] - cannot be decoded from its middle: ${reason}`)
      } finally {
        isThere()
        if (this.#running.get(songId) === running) this.#running.delete(songId)
      }
    }
  }

  async #decode(song: Song, { from, to }: { from: number; to: number }, signal: AbortSignal): Promise<void> {
    const { db, folders, log, mediaPool } = this.#state
    const { id: songId, plan } = song
    const startSample = Math.max(0, inputOf(plan.grid, from).startSample)
    const last = inputOf(plan.grid, to - 1)
    const samples = last.startSample + last.samples - startSample
    let end = startSample
    const makeJobs = (ready: number) => {
      if (getSong(db, songId)?.isDecoded !== false) return
      growAhead(db, { songId, samples: end })
      if (addJobsAhead(db, { songId, from, to: Math.min(ready, to) }) > 0) this.#state.dispatch().fill()
    }
    log.info(
      { songId, from, to },
      `Server: Music[${songId}] - decoding from segment ${from + 1}: somebody listens there.`,
    )
    await decodeAhead({
      folders,
      songId,
      track: song.track,
      excerpt: { startSample, samples },
      mediaPool,
      onSamples: (decoded) => {
        end = decoded
        const ready = countReadySegments(plan.grid, end, false)
        makeJobs(ready)
        return ready >= from + BEFORE_OTHERS ? holdDecoding(this.#state) : Promise.resolve()
      },
      signal,
    })
    const isSongOver = song.arrival === null && end < startSample + samples && end > startSample
    if (isSongOver) makeJobs(countSegments(plan.grid, end))
  }
}
