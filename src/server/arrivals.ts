import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Incoming } from '../listen/services.ts'
import { addSong, type Looked, lookInto } from '../receive/receive.ts'
import { saveUpload } from '../receive/upload.ts'
import { UserError } from '../song/errors.ts'
import { finishArrival, isArriving } from '../store/arrivals.ts'
import { coverPath, incomingFolder, originalPath, removeSongFolder } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import { deleteSong } from '../store/trash.ts'
import type { Announcer } from './announcer.ts'
import { EarlySong } from './early-song.ts'
import { holdDecoding } from './hold.ts'
import { planOf, type ServerState } from './server-state.ts'

const LOOK_WITHIN_MS = 60_000
/** What will be there so soon of a file is made way for; what comes later is thought of again when more of it is there. */
export const SOON_THERE_MS = 4_000

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
  async receive({ body, fileName, model, arrival, expectedBytes }: Incoming): Promise<Song> {
    const { folders, limits, log, metrics, shelf, defaultModel } = this.#state
    const chosen = shelf.find(model ?? defaultModel)
    const plan = { name: chosen.name, plan: planOf(chosen) }
    await mkdir(incomingFolder(folders), { recursive: true })
    const path = join(incomingFolder(folders), randomUUID())
    const early: EarlySong | null =
      arrival === undefined
        ? null
        : new EarlySong({
            expectedBytes,
            look: (signal) => this.#look(path, fileName, signal),
            add: (looked) => {
              const { id } = this.#add({ path, looked, model: plan, arrival })
              if (early) this.#early.set(id, early)
              return id
            },
            onMore: this.#onMore,
          })
    try {
      const onWritten = (written: number) => early?.note(written)
      const bytes = await saveUpload({ body, path, maxBytes: limits.maxUploadBytes, onWritten })
      metrics.bytes.inc({ what: 'upload' }, bytes)
      const song = await this.#end(early)
      if (song) return await this.#complete(song, fileName)
      const looked = await this.#look(path, fileName)
      const added = this.#add({ path, looked, model: plan, arrival: null })
      log.info({ songId: added.id }, `Server: Music[${added.id}] - received: ${nameOf(added)}.`)
      return added
    } catch (error) {
      const song = await this.#end(early)
      if (song) await this.#remove(song.id)
      throw error
    } finally {
      await rm(path, { force: true })
    }
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

  #look(path: string, fileName: string, signal = AbortSignal.timeout(LOOK_WITHIN_MS)): Promise<Looked> {
    return lookInto({ path, fileName, maxSeconds: this.#state.limits.maxSongSeconds, signal })
  }

  /** The song that an upload has become before its end; null where it has not. */
  async #end(early: EarlySong | null): ReturnType<EarlySong['end']> {
    const song = early && (await early.end())
    if (song) this.#early.delete(song.id)
    return song
  }

  #add(song: Pick<Parameters<typeof addSong>[0], 'path' | 'looked' | 'model' | 'arrival'>): Song {
    const { db, folders, log } = this.#state
    const added = addSong({ db, folders, ...song })
    if (song.arrival !== null)
      log.info({ songId: added.id }, `Server: Music[${added.id}] - is coming in: ${nameOf(added)}.`)
    this.#announcer.song(added.id)
    return added
  }

  /** The last byte is there. */
  async #complete({ id: songId, looked: early }: { id: number; looked: Looked }, fileName: string): Promise<Song> {
    const { db, folders, log } = this.#state
    this.#onMore(songId)
    await holdDecoding(this.#state)
    if (!isArriving(db, songId)) throw gone(songId)
    const found = await this.#look(originalPath(folders, songId), fileName)
    if (!finishArrival(db, { songId, early, found })) throw gone(songId)
    if (found.picture) writeFileSync(coverPath(folders, songId), found.picture.bytes)
    const song = getSong(db, songId)
    if (!song) throw gone(songId)
    log.info({ songId }, `Server: Music[${songId}] - received: ${nameOf(song)}.`)
    this.#announcer.song(songId)
    this.#onWhole(song)
    return song
  }

  /** Its upload has failed. */
  async #remove(songId: number): Promise<void> {
    const { db, folders, log } = this.#state
    if (!isArriving(db, songId)) return
    deleteSong(db, songId)
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
