import pLimit from 'p-limit'
import type { Log } from '../log.ts'
import { transientFaultOf } from '../platform/transient-fault.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { countReadySegments, countSegments } from '../song/segment.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import { jobIds } from '../store/queries/jobs.ts'
import { getSong, type Song } from '../store/queries/songs.ts'
import type { SongRecords } from '../store/records/song-records.ts'
import { addJobs, removeJobsFrom } from '../store/transitions/jobs.ts'
import { extendDecoded, finishDecoding } from '../store/transitions/songs.ts'
import type { SongTasks } from '../tasks/song-tasks.ts'
import { decodeSong } from './decode.ts'
import { SeekDecode, type SeekDecodeOptions } from './seek-decode.ts'
import { SongGrowth } from './song-growth.ts'

const CONCURRENT_DECODERS = 2
/** After this many decoders were killed for lack of memory, the song is to blame. */
const MAX_KILLED_DECODERS = 3

type SongDecodingOptions = SeekDecodeOptions & {
  log: Log
  tasks: SongTasks
  quota: Quota
  records: SongRecords
  /** Called when a whole song is decoded. */
  onDecoded(songId: number): void
}

/**
 * Decodes songs and adds their jobs. The song's own decoding runs from the beginning and is the truth. Seek decodes run
 * where somebody listens.
 */
export class SongDecoding {
  readonly #options: SongDecodingOptions
  readonly #seekDecode: SeekDecode
  readonly #decoders = pLimit(CONCURRENT_DECODERS)
  readonly #seeks = pLimit(Number.POSITIVE_INFINITY)
  readonly #killedDecoders = new Map<number, number>()

  constructor(options: SongDecodingOptions) {
    this.#options = options
    this.#seekDecode = new SeekDecode(options)
  }

  /**
   * Decodes a song from its beginning and adds jobs as their inputs are decoded. After a restart it begins again. It does
   * nothing while the song's file is incomplete: the end of the upload starts it.
   */
  start(songId: number): void {
    const work = async (signal: AbortSignal): Promise<void> => {
      const song = getSong(this.#options.db, songId)
      if (!song || song.isDecoded || song.uploadName !== null) return
      await this.#options.whenDecoderMayRun(signal)
      await this.#decodeWhole(song, signal)
    }
    this.#options.tasks.run({ songId, limit: this.#decoders, work })
  }

  /**
   * Starts a seek decode where somebody listens, if the song's own decoding is not there soon.
   * @param whenArrived resolves when the needed part of the song's file has arrived
   */
  seek(songId: number, segment: number, whenArrived: (signal: AbortSignal) => Promise<void>): void {
    const work = this.#seekDecode.prepare({ songId, segment }, whenArrived)
    if (work) this.#options.tasks.run({ songId, limit: this.#seeks, work })
  }

  async #decodeWhole(song: Song, signal: AbortSignal): Promise<void> {
    const { db, folders, limits, log, quota, records, whenDecoderMayRun, onDecoded } = this.#options
    const { id: songId, plan, soundTrack } = song
    const growth = new SongGrowth(quota, song)
    const addReadyJobs = this.#createJobAdder(song)
    const { samples, statistics, warnings } = await this.#decode({
      folders,
      songId,
      soundTrack,
      maxSeconds: limits.maxSongSeconds,
      mediaPool: this.#options.mediaPool,
      onSamples: async (decoded) => {
        addReadyJobs(decoded, false)
        await growth.growTo(decoded)
        await whenDecoderMayRun(signal)
      },
      signal,
    })
    if (samples === 0) throw new UserError('The file contains no sound.', { code: 'undecodable' })
    if (!getSong(db, songId)) return
    this.#killedDecoders.delete(songId)
    db.transaction(() => {
      finishDecoding(db, { songId, samples, statistics, warnings })
      removeJobsFrom(db, { songId, segment: countSegments(plan.grid, samples) })
      addReadyJobs(samples, true)
    })
    log.info({ songId }, `Server: Music[${songId}]: Sending ${jobIds(db, songId).length} jobs`)
    for (const warning of warnings) log.warn({ songId }, `Server: Music[${songId}] - ${warning}`)
    void records.saveSong(songId)
    onDecoded(songId)
  }

  /** Returns a function that adds the jobs whose inputs are decoded. */
  #createJobAdder({ id: songId, plan: { grid, needsWholeSong } }: Song): (samples: number, isWhole: boolean) => void {
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

  /** Like `decodeSong`, but throws a UserError when the decoder was killed for lack of memory for the third time. */
  async #decode(options: Parameters<typeof decodeSong>[0]): ReturnType<typeof decodeSong> {
    const { songId } = options
    try {
      return await decodeSong(options)
    } catch (cause) {
      if (transientFaultOf(cause) !== 'no-memory') throw cause
      const killed = (this.#killedDecoders.get(songId) ?? 0) + 1
      this.#killedDecoders.set(songId, killed)
      if (killed < MAX_KILLED_DECODERS) throw cause
      throw new UserError(
        `Decoding the song failed ${killed} times: ${messageOf(cause)} Try again when the machine has more memory.`,
        { code: 'no-memory', cause },
      )
    } finally {
      if (options.signal.aborted) this.#killedDecoders.delete(songId)
    }
  }
}
