import { setTimeout } from 'node:timers/promises'
import pLimit from 'p-limit'
import { decodeSong } from '../receive/decode.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { passingFaultOf } from '../song/passing-fault.ts'
import { countReadySegments, countSegments } from '../song/segment.ts'
import { finishDecoding, growSong } from '../store/decoded.ts'
import { addJobs, jobIds, removeJobsFrom } from '../store/jobs.ts'
import { getSong } from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import { holdDecoding } from './hold.ts'
import { JumpAhead } from './jump-ahead.ts'
import type { ServerState } from './server-state.ts'
import { SongGrowth } from './song-growth.ts'
import type { SongTasks } from './song-tasks.ts'

const DECODERS = 2
const JUMPS = 4
const LOOK_EVERY_MS = 20
/** A decoder that is ended for want of memory so often has it from the song. */
const MOST_DEATHS = 3

/** Where a song becomes jobs: decoded from its beginning, which is the truth, and ahead of that where somebody listens. */
export class SongDecoding {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #tasks: SongTasks
  readonly #onDecoded: (songId: number) => void
  readonly #ahead: JumpAhead
  readonly #fromStart = pLimit(DECODERS)
  readonly #fromMiddle = pLimit(JUMPS)
  readonly #waiting = pLimit(Number.POSITIVE_INFINITY)
  readonly #deaths = new Map<number, number>()

  constructor({
    state,
    announcer,
    tasks,
    onDecoded,
  }: {
    state: ServerState
    announcer: Announcer
    tasks: SongTasks
    onDecoded(songId: number): void
  }) {
    this.#state = state
    this.#announcer = announcer
    this.#tasks = tasks
    this.#onDecoded = onDecoded
    this.#ahead = new JumpAhead(state)
  }

  /**
   * Decodes a song from its beginning; its jobs are made on the way. Begins anew after a restart. Not while its file is on
   * its way: its end starts it.
   */
  start(songId: number): void {
    const work = async (signal: AbortSignal): Promise<void> => {
      const song = getSong(this.#state.db, songId)
      if (!song || song.isDecoded || song.arrival !== null) return
      const { db, folders, limits, log, mediaPool } = this.#state
      await holdDecoding(this.#state)
      const { grid, needsWholeSong } = song.plan
      const growth = new SongGrowth(this.#state.quota, song)
      let ready = 0
      const makeJobs = (samples: number, isWhole: boolean) => {
        const segments = countReadySegments(grid, samples, isWhole)
        if (segments === ready && !isWhole) return
        ready = segments
        growSong(db, { songId, samples })
        if (needsWholeSong && !isWhole) return
        if (addJobs(db, { songId, segments }) > 0) this.#state.dispatch().fill()
      }
      const { samples, level, warnings } = await this.#decode({
        folders,
        songId,
        track: song.track,
        maxSeconds: limits.maxSongSeconds,
        mediaPool,
        onSamples: async (decoded) => {
          makeJobs(decoded, false)
          await growth.to(decoded)
          await holdDecoding(this.#state)
        },
        signal,
      })
      if (samples === 0) throw new UserError('There is no sound in it.', { code: 'undecodable', status: 405 })
      if (!getSong(db, songId)) return
      this.#deaths.delete(songId)
      finishDecoding(db, { songId, samples, level, warnings })
      removeJobsFrom(db, { songId, segment: countSegments(grid, samples) })
      makeJobs(samples, true)
      log.info({ songId }, `Server: Music[${songId}]: Sending ${jobIds(db, songId).length} jobs`)
      for (const warning of warnings) log.warn({ songId }, `Server: Music[${songId}] - ${warning}`)
      this.#announcer.song(songId)
      void this.#state.records.song(songId)
      this.#onDecoded(songId)
    }
    this.#tasks.run({ songId, lane: this.#fromStart, work })
  }

  /** As `decodeSong`. Throws a UserError when it was the third time that its process was ended for want of memory. */
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

  /**
   * Somebody listens there: if it is far from what is decoded, it is decoded now.
   * @param isThere whether the song's file has come so far
   */
  jump(songId: number, segment: number, isThere = () => true): void {
    const work = this.#ahead.to(songId, segment)
    if (!work) return
    this.#tasks.run({
      songId,
      lane: this.#waiting,
      work: async (signal) => {
        while (!isThere() && !signal.aborted) await setTimeout(LOOK_EVERY_MS)
        await this.#fromMiddle(() => work(signal))
      },
    })
  }
}
