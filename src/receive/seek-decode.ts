import pLimit from 'p-limit'
import type { MediaPool } from '../audio/media/media-pool.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../song/errors.ts'
import { SAMPLE_RATE } from '../song/pcm.ts'
import { type PlaceInSong, prefetchWindow } from '../song/prefetch-window.ts'
import { countReadySegments, countSegments, inputOf, SOON_DECODED_SAMPLES } from '../song/segment.ts'
import type { SegmentRange } from '../song/segment-range.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobsOfSong } from '../store/queries/jobs.ts'
import { getSong, type Song } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { addProvisionalJobs } from '../store/transitions/jobs.ts'
import { extendSeekDecode } from '../store/transitions/songs.ts'
import { decodeSongExcerpt } from './decode.ts'

/**
 * This many segments are decoded without a delay. The first block needs two of them, and workers need more to do after
 * those.
 */
const UNDELAYED_SEGMENTS = 4

const CONCURRENT_DECODERS = 4

type Running = SegmentRange & { stop: AbortController }

export type SeekDecodeOptions = {
  db: Database
  folders: Folders
  log: Log
  faults: FaultMonitor
  limits: { maxSongSeconds: number }
  mediaPool: MediaPool
  /** Resolves when the decoder may continue. It waits while more urgent work runs on this machine. */
  whenDecoderMayRun(signal: AbortSignal): Promise<void>
  /** Reports that segments [from, to) of a song are being decoded. Returns a function to call when that has ended. */
  beginSeekDecode(range: SegmentRange & { songId: number }): () => void
}

/**
 * Decodes where a listener has jumped to, before the song's own decoding gets there or while it waits for the rest of the
 * file. The samples are provisional until the song's own decoding confirms them (`confirmInputs`).
 */
export class SeekDecode {
  readonly #options: SeekDecodeOptions
  readonly #running = new Map<number, Running>()
  readonly #decoders = pLimit(CONCURRENT_DECODERS)

  constructor(options: SeekDecodeOptions) {
    this.#options = options
  }

  /**
   * Prepares a seek decode. It stops a running one of the same song at another place.
   * @param whenArrived resolves when the needed part of the song's file has arrived
   * @returns the work; null if the samples are there or will be soon anyway
   */
  prepare(
    { songId, segment }: PlaceInSong,
    whenArrived: (signal: AbortSignal) => Promise<void>,
  ): ((signal: AbortSignal) => Promise<void>) | null {
    const song = getSong(this.#options.db, songId)
    const range = song && this.#missing(song, segment)
    if (!range) return null
    this.#running.get(songId)?.stop.abort()
    const running = { ...range, stop: new AbortController() }
    this.#running.set(songId, running)
    const end = this.#options.beginSeekDecode({ songId, ...range })
    return async (taskSignal) => {
      const signal = AbortSignal.any([taskSignal, running.stop.signal])
      try {
        await whenArrived(signal)
        await this.#decoders(() => this.#decode(song, range, signal))
      } catch (error) {
        if (this.#options.faults.classify(error)) throw error
        // The song's own decoding will get there later.
        if (!signal.aborted)
          this.#options.log.info(
            { songId },
            `Server: Music[${songId}] - cannot be decoded from the middle: ${messageOf(error)}`,
          )
      } finally {
        end()
        if (this.#running.get(songId) === running) this.#running.delete(songId)
      }
    }
  }

  /** The segments [from, to) to decode for a listener. Null if they are decoded or will be soon. */
  #missing(song: Song, segment: number): SegmentRange | null {
    const { grid, needsWholeSong } = song.plan
    if (song.state !== 'separating' || song.isDecoded || needsWholeSong) return null
    const { first, last } = prefetchWindow(segment)
    const known = new Set(jobsOfSong(this.#options.db, song.id).map((job) => job.segment))
    const from = Array.from({ length: last + 1 - first }, (_, i) => first + i).find((index) => !known.has(index))
    if (from === undefined) return null
    const isSoonDecoded = inputOf(grid, from).startSample - song.samples < SOON_DECODED_SAMPLES
    if (isSoonDecoded && song.uploadName === null) return null
    if (inputOf(grid, from).startSample > this.#options.limits.maxSongSeconds * SAMPLE_RATE) return null
    const running = this.#running.get(song.id)
    return running && running.from <= from && from < running.to ? null : { from, to: last + 1 }
  }

  async #decode(song: Song, { from, to }: SegmentRange, signal: AbortSignal): Promise<void> {
    const { db, folders, log, whenDecoderMayRun } = this.#options
    const { id: songId, plan } = song
    const startSample = Math.max(0, inputOf(plan.grid, from).startSample)
    const last = inputOf(plan.grid, to - 1)
    const samples = last.startSample + last.samples - startSample
    let end = startSample
    const addReadyJobs = (ready: number): void => {
      if (getSong(db, songId)?.isDecoded !== false) return
      extendSeekDecode(db, { songId, samples: end })
      addProvisionalJobs(db, { songId, from, to: Math.min(ready, to) })
    }
    log.info(
      { songId, from, to },
      `Server: Music[${songId}] - decoding from segment ${from + 1}: somebody listens there.`,
    )
    await decodeSongExcerpt({
      folders,
      songId,
      soundTrack: song.soundTrack,
      excerpt: { startSample, samples },
      mediaPool: this.#options.mediaPool,
      onSamples: (decoded) => {
        end = decoded
        const ready = countReadySegments(plan.grid, end, false)
        addReadyJobs(ready)
        return ready >= from + UNDELAYED_SEGMENTS ? whenDecoderMayRun(signal) : Promise.resolve()
      },
      signal,
    })
    const isEndOfSong = song.uploadName === null && end < startSample + samples && end > startSample
    if (isEndOfSong) addReadyJobs(countSegments(plan.grid, end))
  }
}
