import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import type { Incoming } from '../listen/services.ts'
import { addSong, type Looked, lookInto } from '../receive/receive.ts'
import { saveUpload } from '../receive/upload.ts'
import { UserError } from '../song/errors.ts'
import { FolderGone } from '../song/passing-fault.ts'
import type { Plan } from '../song/plan.ts'
import { finishArrival, isArriving } from '../store/arrivals.ts'
import { coverPath, incomingFolder, originalPath } from '../store/paths.ts'
import { finishArriving, removeSongFolder } from '../store/song-folder.ts'
import { getSong, getSongEvenDeleted, type Song } from '../store/songs.ts'
import { deleteSong } from '../store/trash.ts'
import type { Announcer } from './announcer.ts'
import { EarlySong } from './early-song.ts'
import { holdDecoding } from './hold.ts'
import type { Room } from './quota.ts'
import { planOf, type ServerState } from './server-state.ts'
import { songBytes } from './song-size.ts'

const LOOK_WITHIN_MS = 60_000
/** Each is a process of 0.1 GB that a core is busy with for a third of a second. */
const LOOKS_AT_ONCE = 4
/** A ledger that somebody holds is waited for at the end of an upload: sending it again costs more. */
const RETRY_WITHIN_MS = 5_000
/** Bytes of a file that should arrive within this time are waited for; later ones are looked at again when more are there. */
export const SOON_THERE_MS = 4_000

/** Of an upload that does not say how long it is, so much is asked for. */
const UNTOLD_BYTES = 16 << 20

type Sent = Pick<Incoming, 'fileName' | 'track'>
type NewArrival = Pick<Parameters<typeof addSong>[0], 'path' | 'looked' | 'model' | 'arrival'>

/**
 * Songs on their way in. One whose sender waits for it is a song as soon as so much of its file is there that it can be
 * looked into: it can be played while the rest comes. Until its upload has ended well nothing of it is for good.
 */
export class Arrivals {
  readonly #state: ServerState
  readonly #announcer: Announcer
  readonly #onMore: (songId: number) => void
  readonly #onWhole: (song: Song) => void
  readonly #stop: (songId: number) => Promise<void>
  readonly #looks = pLimit(LOOKS_AT_ONCE)
  /** By their songs, once they are some. */
  readonly #early = new Map<number, EarlySong>()

  /**
   * @param onMore there is more to decode of a song whose file is not whole
   * @param onWhole a song is as its sender has it
   * @param stop ends the work on a song
   */
  constructor({
    state,
    announcer,
    onMore,
    onWhole,
    stop,
  }: {
    state: ServerState
    announcer: Announcer
    onMore(songId: number): void
    onWhole(song: Song): void
    stop(songId: number): Promise<void>
  }) {
    this.#state = state
    this.#announcer = announcer
    this.#onMore = onMore
    this.#onWhole = onWhole
    this.#stop = stop
  }

  /** Throws a UserError when the bytes are no song that this server takes. */
  async receive({ body, fileName, model, track, arrival, expectedBytes }: Incoming): Promise<Song> {
    const { folders, limits, log, metrics, shelf, defaultModel, faults } = this.#state
    const chosen = shelf.find(model ?? defaultModel)
    const plan = { name: chosen.name, plan: planOf(chosen) }
    const path = join(incomingFolder(folders), randomUUID())
    const early: EarlySong | null =
      arrival === undefined
        ? null
        : new EarlySong({
            expectedBytes,
            look: (signal) => this.#look({ path, fileName, track }, signal),
            add: async (looked) => {
              const added = await this.#addEarly({ path, looked, model: plan, arrival })
              if (early && added) this.#early.set(added.id, early)
              return added?.id ?? null
            },
            onMore: this.#onMore,
          })
    let added: Song | null = null
    let room: Room | null = null
    body.on('error', () => undefined) // told to whoever reads it, who may not have begun
    try {
      room = await this.#state.quota.reserve(
        'this upload',
        Math.min(expectedBytes ?? UNTOLD_BYTES, limits.maxUploadBytes),
      )
      const onWritten = (written: number) => {
        if (expectedBytes === null) room?.raise(Math.min(written + UNTOLD_BYTES, limits.maxUploadBytes))
        early?.note(written)
      }
      const bytes = await saveUpload({ body, path, maxBytes: limits.maxUploadBytes, onWritten })
      metrics.bytes.inc({ what: 'upload' }, bytes)
      const song = await this.#end(early)
      if (song) return await this.#complete(song, { fileName, track })
      const looked = await this.#look({ path, fileName, track })
      const add = () => this.#add({ path, looked, model: plan, arrival: null })
      added = await faults.retry(() => this.#admit({ plan: plan.plan, looked, add }), { withinMs: RETRY_WITHIN_MS })
      await this.#settle(added.id)
      log.info({ songId: added.id }, `Server: Music[${added.id}] - received: ${nameOf(added)}.`)
      return added
    } catch (error) {
      const song = await this.#end(early).catch(() => null)
      if (song || added) {
        faults
          .retry(() => this.#removeHalf(song?.id ?? null, added?.id ?? null))
          .catch((fault: unknown) => log.error({ err: fault }, 'Server: half an upload could not be removed.'))
      }
      // A file that vanished cannot be decoded: that is no fault of the file.
      if (faults.probe() === 'folder-gone') throw new FolderGone('DATA_DIR is gone.', { cause: error })
      throw error
    } finally {
      body.resume() // whoever still sends hears the answer
      await faults.remove(path)
      room?.release()
    }
  }

  /**
   * Adds a song where there is room for what will be made of it.
   * @param admitted what it has been admitted as before
   */
  #admit<T>({ plan, looked, admitted, add }: { plan: Plan; looked: Looked; admitted?: Looked; add(): T }): Promise<T> {
    const bytesOf = (announcedSeconds: number | null) =>
      songBytes({ plan, samples: Math.round((announcedSeconds ?? 0) * SAMPLE_RATE), mixes: 1 })
    const bytes = bytesOf(looked.announcedSeconds) - (admitted ? bytesOf(admitted.announcedSeconds) : 0)
    return this.#state.quota.admit({ what: 'this song', bytes: Math.max(0, bytes), begin: add })
  }

  /** From here on the song is kept, whatever happens: its sender may be told so. */
  async #settle(songId: number): Promise<void> {
    const { db, folders, records } = this.#state
    await records.song(songId)
    await finishArriving(folders, songId)
    db.assertInPlace()
  }

  /** How long it will take until so much of a song's file is there, a share from 0 to 1; 0 where it is, or that cannot be told. */
  waitMs(songId: number, share: number): number {
    return this.#early.get(songId)?.waitMs(share) ?? 0
  }

  /** Whether the rest of a song that is played already will be there in a moment. */
  get isRestComing(): boolean {
    return [...this.#early.values()].some((early) => {
      const waitMs = early.waitMs(1)
      return waitMs > 0 && waitMs < SOON_THERE_MS
    })
  }

  #look(file: Sent & { path: string }, signal?: AbortSignal): Promise<Looked> {
    const { limits, mediaPool } = this.#state
    const options = { ...file, maxSeconds: limits.maxSongSeconds, mediaPool }
    return this.#looks(() => lookInto({ ...options, signal: signal ?? AbortSignal.timeout(LOOK_WITHIN_MS) }))
  }

  /** The song that an upload has become before its end; null where it has not. */
  async #end(early: EarlySong | null): ReturnType<EarlySong['end']> {
    const song = early && (await early.end())
    if (song) this.#early.delete(song.id)
    return song
  }

  #add(song: NewArrival): Song {
    const { db, folders, log } = this.#state
    const added = addSong({ db, folders, ...song })
    if (song.arrival !== null)
      log.info({ songId: added.id }, `Server: Music[${added.id}] - is coming in: ${nameOf(added)}.`)
    this.#announcer.song(added.id)
    return added
  }

  /** Null where it cannot be added now: then it is at its end. */
  async #addEarly(song: NewArrival): Promise<Song | null> {
    try {
      return await this.#admit({ plan: song.model.plan, looked: song.looked, add: () => this.#add(song) })
    } catch (error) {
      if (this.#state.faults.note(error)) return null
      throw error
    }
  }

  /** The last byte is there. */
  async #complete({ id: songId, looked: early }: { id: number; looked: Looked }, sent: Sent): Promise<Song> {
    const { db, folders, log, faults } = this.#state
    this.#onMore(songId)
    await holdDecoding(this.#state)
    if (!isArriving(db, songId)) throw gone(songId)
    const found = await this.#look({ path: originalPath(folders, songId), ...sent })
    const { song: added } = getSongEvenDeleted(db, songId) ?? {}
    if (!added) throw gone(songId)
    const admitted = added.state === 'separating' ? { admitted: early } : {}
    const add = () => finishArrival(db, { songId, early, found })
    const finish = () => this.#admit({ plan: added.plan, looked: found, ...admitted, add })
    if (!(await faults.retry(finish, { withinMs: RETRY_WITHIN_MS }))) throw gone(songId)
    if (found.picture) writeFileSync(coverPath(folders, songId), found.picture.bytes)
    await this.#settle(songId)
    const song = getSong(db, songId)
    if (!song) throw gone(songId)
    log.info({ songId }, `Server: Music[${songId}] - received: ${nameOf(song)}.`)
    this.#announcer.song(songId)
    this.#onWhole(song)
    return song
  }

  /**
   * An upload has failed.
   * @param early the song that it has become before its end, if it is still on its way
   * @param added the song that it was to become at its end
   */
  async #removeHalf(early: number | null, added: number | null): Promise<void> {
    const { db, folders, log } = this.#state
    const songId = early !== null && isArriving(db, early) ? early : added
    if (songId === null || !deleteSong(db, songId)) return
    await this.#stop(songId)
    await removeSongFolder(folders, songId)
    this.#announcer.deleted(songId)
    log.info({ songId }, `Server: Music[${songId}] - did not come to its end, and is gone.`)
  }
}

function nameOf({ title }: Song): string {
  return title || 'a song without a name'
}

function gone(songId: number): UserError {
  return new UserError(`Song ${songId} was deleted while it was on its way.`, { code: 'music-not-found', status: 404 })
}
