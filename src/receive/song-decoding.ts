import pLimit from 'p-limit'
import type { Log } from '../log.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { passingFaultOf } from '../song/passing-fault.ts'
import { countReadySegments, countSegments } from '../song/segment.ts'
import { jobIds } from '../store/jobs.ts'
import type { Quota } from '../store/quota.ts'
import type { SongRecords } from '../store/song-records.ts'
import { getSong, type Song } from '../store/songs.ts'
import { addJobs, removeJobsFrom } from '../store/transitions/jobs.ts'
import { extendDecoded, finishDecoding } from '../store/transitions/songs.ts'
import type { SongTasks } from '../work/song-tasks.ts'
import { decodeSong } from './decode.ts'
import { SeekDecode, type SeekDecodeOptions } from './seek-decode.ts'
import { SongGrowth } from './song-growth.ts'

const DECODERS = 2
const SEEK_DECODERS = 4
/** A decoder that is killed for want of memory so often is killed by the song. */
const MOST_DEATHS = 3

type SongDecodingOptions = SeekDecodeOptions & {
  log: Log
  tasks: SongTasks
  quota: Quota
  records: SongRecords
  /** All of a song is decoded. */
  onDecoded(songId: number): void
}

/** Where a song gets its jobs: it is decoded from its beginning, which is the truth, and besides where somebody listens. */
export class SongDecoding {
  readonly #options: SongDecodingOptions
  readonly #seekDecode: SeekDecode
  readonly #decoders = pLimit(DECODERS)
  readonly #seekDecoders = pLimit(SEEK_DECODERS)
  readonly #seeks = pLimit(Number.POSITIVE_INFINITY)
  readonly #deaths = new Map<number, number>()

  constructor(options: SongDecodingOptions) {
    this.#options = options
    this.#seekDecode = new SeekDecode(options)
  }

  /**
   * Decodes a song from its beginning and adds its jobs on the way; begins anew after a restart. Does nothing while the song's
   * file is not whole: the end of its upload starts it.
   */
  start(songId: number): void {
    const work = async (signal: AbortSignal): Promise<void> => {
      const song = getSong(this.#options.db, songId)
      if (!song || song.isDecoded || song.arrival !== null) return
      await this.#options.whenDecoderMayRun()
      await this.#decodeWhole(song, signal)
    }
    this.#options.tasks.run({ songId, lane: this.#decoders, work })
  }

  /**
   * Somebody listens at a segment: it is decoded now where it would not be soon.
   * @param whenArrived resolves when the song's file has come so far
   */
  seek(songId: number, segment: number, whenArrived: (signal: AbortSignal) => Promise<void>): void {
    const work = this.#seekDecode.prepare(songId, segment)
    if (!work) return
    this.#options.tasks.run({
      songId,
      lane: this.#seeks,
      work: async (signal) => {
        await whenArrived(signal)
        await this.#seekDecoders(() => work(signal))
      },
    })
  }

  async #decodeWhole(song: Song, signal: AbortSignal): Promise<void> {
    const { db, folders, limits, log, quota, records, whenDecoderMayRun, onDecoded } = this.#options
    const { id: songId, plan, track } = song
    const growth = new SongGrowth(quota, song)
    const addReadyJobs = this.#jobAdder(song)
    const { samples, level, warnings } = await this.#decode({
      folders,
      songId,
      track,
      maxSeconds: limits.maxSongSeconds,
      onSamples: async (decoded) => {
        addReadyJobs(decoded, false)
        await growth.to(decoded)
        await whenDecoderMayRun()
      },
      signal,
    })
    if (samples === 0) throw new UserError('There is no sound in it.', { code: 'undecodable', status: 405 })
    if (!getSong(db, songId)) return
    this.#deaths.delete(songId)
    finishDecoding(db, { songId, samples, level, warnings })
    removeJobsFrom(db, { songId, segment: countSegments(plan.grid, samples) })
    addReadyJobs(samples, true)
    log.info({ songId }, `Server: Music[${songId}]: Sending ${jobIds(db, songId).length} jobs`)
    for (const warning of warnings) log.warn({ songId }, `Server: Music[${songId}] - ${warning}`)
    void records.saveSong(songId)
    onDecoded(songId)
  }

  /** Returns a function that adds the jobs whose input is decoded. */
  #jobAdder({ id: songId, plan: { grid, needsWholeSong } }: Song): (samples: number, isWhole: boolean) => void {
    const { db } = this.#options
    let ready = 0
    return (samples, isWhole) => {
      const segments = countReadySegments(grid, samples, isWhole)
      if (segments === ready && !isWhole) return
      ready = segments
      extendDecoded(db, { songId, samples })
      if (!needsWholeSong || isWhole) addJobs(db, { songId, segments })
    }
  }

  /** As `decodeSong`. Throws a UserError when its process was killed for want of memory for the third time. */
  async #decode(options: Parameters<typeof decodeSong>[0]): ReturnType<typeof decodeSong> {
    const { songId } = options
    try {
      return await decodeSong(options)
    } catch (cause) {
      if (passingFaultOf(cause) !== 'no-memory') throw cause
      const deaths = (this.#deaths.get(songId) ?? 0) + 1
      this.#deaths.set(songId, deaths)
      if (deaths < MOST_DEATHS) throw cause
      throw new UserError(
        `It could not be decoded ${deaths} times: ${messageOf(cause)} Try it again when the machine has more memory.`,
        { code: 'no-memory', cause },
      )
    } finally {
      if (options.signal.aborted) this.#deaths.delete(songId)
    }
  }
}
