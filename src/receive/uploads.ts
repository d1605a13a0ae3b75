import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import pLimit from 'p-limit'
import type { Log } from '../log.ts'
import { UserError } from '../song/errors.ts'
import { FolderGone } from '../song/passing-fault.ts'
import type { Plan } from '../song/plan.ts'
import type { Database } from '../store/database.ts'
import type { FaultMonitor } from '../store/fault-monitor.ts'
import { coverPath, type Folders, incomingFolder, originalPath } from '../store/paths.ts'
import type { Quota, Room } from '../store/quota.ts'
import { confirmArrival, removeSongFolder } from '../store/song-folder.ts'
import type { SongRecords } from '../store/song-records.ts'
import { getSong, getSongEvenDeleted, type Song } from '../store/songs.ts'
import { eraseSong, finishUpload } from '../store/transitions/songs.ts'
import { isUploading } from '../store/uploads.ts'
import { admitSong } from './admit-song.ts'
import { addUploadedSong, type LookedInto, lookInto } from './look-into.ts'
import { ProgressiveUpload } from './progressive-upload.ts'
import { saveUpload } from './save-upload.ts'

const LOOK_TIMEOUT_MS = 60_000
/** Each look is a process of 0.1 GB that keeps a core busy for a third of a second. */
const CONCURRENT_LOOKS = 4
/** At the end of an upload a busy ledger is waited for: sending the file again costs more. */
const RETRY_TIMEOUT_MS = 5_000
/** A part of a file that should arrive within this time is waited for; a later one is looked at again when more is there. */
const ARRIVING_SOON_MS = 4_000
/** The room that is reserved for an upload that does not state its length, beyond what has come. */
const UNKNOWN_LENGTH_BYTES = 16 << 20

export type NewUpload = {
  body: Readable
  fileName: string
  /** The server's own choice where none is named. */
  model: string | undefined
  /** Which sound track of the file, from 1; null for the one that the decoder chooses. */
  track: number | null
  /** What the sender calls this upload, where it wants to hear the song before its last byte. */
  arrival: string | undefined
  /** Where the sender states it. */
  expectedBytes: number | null
}

export type PlannedModel = { name: string; plan: Plan }

type UploadsOptions = {
  db: Database
  folders: Folders
  log: Log
  faults: FaultMonitor
  quota: Quota
  records: SongRecords
  limits: { maxUploadBytes: number; maxSongSeconds: number }
  /** The plan for a song of a model, by its name. Throws a UserError where there is no such model. */
  planFor(model: string | undefined): PlannedModel
  /** Resolves when the server's machine may take up work that nobody waits for. */
  whenDecoderMayRun(): Promise<void>
  onReceivedBytes(bytes: number): void
  /** More of the file of a song is there. */
  onMore(songId: number): void
  /** A song's file is whole. */
  onWhole(song: Song): void
  /** Ends the work on a song; resolves when nobody touches its files any more. */
  stopWork(songId: number): Promise<void>
}

type Sent = Pick<NewUpload, 'fileName' | 'track'>
type UploadedSong = Pick<Parameters<typeof addUploadedSong>[0], 'path' | 'found' | 'model' | 'arrival'>

/**
 * Uploads on their way to songs. One whose sender wants to hear it at once becomes a song as soon as enough of its file is
 * there to look into it, and can be played while the rest comes. Nothing of it is for good before its upload has ended well.
 */
export class Uploads {
  readonly #options: UploadsOptions
  readonly #looks = pLimit(CONCURRENT_LOOKS)
  /** Uploads that have become songs before their end, by the song. */
  readonly #progressive = new Map<number, ProgressiveUpload>()

  constructor(options: UploadsOptions) {
    this.#options = options
  }

  /** Throws a UserError when the bytes are no song that this server takes. */
  async receive({ body, fileName, model, track, arrival, expectedBytes }: NewUpload): Promise<Song> {
    const { folders, limits, log, faults, quota } = this.#options
    const planned = this.#options.planFor(model)
    const path = join(incomingFolder(folders), randomUUID())
    const upload =
      arrival === undefined ? null : this.#progressiveUpload({ path, fileName, track, arrival, expectedBytes, planned })
    let added: Song | null = null
    let room: Room | null = null
    // A fault of the body is told to whoever reads it, who may not have begun.
    body.on('error', () => undefined)
    try {
      room = await quota.reserve('this upload', Math.min(expectedBytes ?? UNKNOWN_LENGTH_BYTES, limits.maxUploadBytes))
      const onWritten = (written: number) => {
        if (expectedBytes === null) room?.raise(Math.min(written + UNKNOWN_LENGTH_BYTES, limits.maxUploadBytes))
        upload?.received(written)
      }
      const bytes = await saveUpload({ body, path, maxBytes: limits.maxUploadBytes, onWritten })
      this.#options.onReceivedBytes(bytes)
      const song = await this.#end(upload)
      if (song) return await this.#complete(song, { fileName, track })
      const found = await this.#look({ path, fileName, track })
      const add = () => this.#add({ path, found, model: planned, arrival: null })
      added = await faults.retry(() => admitSong(quota, { plan: planned.plan, found, add }), {
        withinMs: RETRY_TIMEOUT_MS,
      })
      await this.#commitSong(added.id)
      log.info({ songId: added.id }, `Server: Music[${added.id}] - received: ${displayName(added)}.`)
      return added
    } catch (error) {
      const song = await this.#end(upload).catch(() => null)
      if (song || added) this.#removeLater(song?.id ?? null, added?.id ?? null)
      // A file that vanished cannot be decoded: that is no fault of the file.
      if (faults.probe() === 'folder-gone') throw new FolderGone('DATA_DIR is gone.', { cause: error })
      throw error
    } finally {
      // Whoever still sends gets the answer.
      body.resume()
      await faults.remove(path)
      room?.release()
    }
  }

  /** Whether a share (0 to 1) of a song's file is there or will be soon. Files whose uploads have ended are there. */
  isArrivingSoon(songId: number, share: number): boolean {
    return (this.#progressive.get(songId)?.msUntil(share) ?? 0) < ARRIVING_SOON_MS
  }

  /** Resolves when a share (0 to 1) of a song's file is there, or its upload has ended. */
  whenArrived(songId: number, share: number, signal: AbortSignal): Promise<void> {
    return this.#progressive.get(songId)?.whenArrived(share, signal) ?? Promise.resolve()
  }

  /** Whether the rest of the file of a song that is played already will arrive within a moment. */
  get isRestArrivingSoon(): boolean {
    return [...this.#progressive.values()].some((upload) => {
      const ms = upload.msUntil(1)
      return ms > 0 && ms < ARRIVING_SOON_MS
    })
  }

  #progressiveUpload({
    path,
    arrival,
    expectedBytes,
    planned,
    ...sent
  }: Sent & { path: string; arrival: string; expectedBytes: number | null; planned: PlannedModel }): ProgressiveUpload {
    const upload: ProgressiveUpload = new ProgressiveUpload({
      expectedBytes,
      look: (signal) => this.#look({ path, ...sent }, signal),
      add: async (found) => {
        const added = await this.#addEarly({ path, found, model: planned, arrival })
        if (added) this.#progressive.set(added.id, upload)
        return added?.id ?? null
      },
      onMore: this.#options.onMore,
    })
    return upload
  }

  /** From here on the song stays, whatever happens: its sender may be told so. */
  async #commitSong(songId: number): Promise<void> {
    const { db, folders, records } = this.#options
    await records.saveSong(songId)
    await confirmArrival(folders, songId)
    db.assertInPlace()
  }

  #look(file: Sent & { path: string }, signal?: AbortSignal): Promise<LookedInto> {
    const maxSeconds = this.#options.limits.maxSongSeconds
    return this.#looks(() => lookInto({ ...file, maxSeconds, signal: signal ?? AbortSignal.timeout(LOOK_TIMEOUT_MS) }))
  }

  /** @returns the song that an upload has become before its end; null where it has not */
  async #end(upload: ProgressiveUpload | null): ReturnType<ProgressiveUpload['end']> {
    const song = upload && (await upload.end())
    if (song) this.#progressive.delete(song.id)
    return song
  }

  #add(song: UploadedSong): Song {
    const { db, folders, log } = this.#options
    const added = addUploadedSong({ db, folders, ...song })
    if (song.arrival !== null)
      log.info(
        { songId: added.id },
        `Server: Music[${added.id}] - can be played while it is uploaded: ${displayName(added)}.`,
      )
    return added
  }

  /** @returns null where the ledger or the disk does not take it now: then it is added at the end of its upload */
  async #addEarly(song: UploadedSong): Promise<Song | null> {
    try {
      return await admitSong(this.#options.quota, {
        plan: song.model.plan,
        found: song.found,
        add: () => this.#add(song),
      })
    } catch (error) {
      if (this.#options.faults.note(error)) return null
      throw error
    }
  }

  /** The last byte of a song that is played already is there. */
  async #complete({ id: songId, found: early }: { id: number; found: LookedInto }, sent: Sent): Promise<Song> {
    const { db, folders, log, faults, quota } = this.#options
    this.#options.onMore(songId)
    await this.#options.whenDecoderMayRun()
    if (!isUploading(db, songId)) throw deletedError(songId)
    const found = await this.#look({ path: originalPath(folders, songId), ...sent })
    const { song: added } = getSongEvenDeleted(db, songId) ?? {}
    if (!added) throw deletedError(songId)
    const admitted = added.state === 'separating' ? { admitted: early } : {}
    const add = () => finishUpload(db, { songId, early, found })
    const finish = () => admitSong(quota, { plan: added.plan, found, ...admitted, add })
    if (!(await faults.retry(finish, { withinMs: RETRY_TIMEOUT_MS }))) throw deletedError(songId)
    if (found.picture) writeFileSync(coverPath(folders, songId), found.picture.bytes)
    await this.#commitSong(songId)
    const song = getSong(db, songId)
    if (!song) throw deletedError(songId)
    log.info({ songId }, `Server: Music[${songId}] - received: ${displayName(song)}.`)
    this.#options.onWhole(song)
    return song
  }

  /** Removes what is left of an upload that has failed, behind the answer to its sender. */
  #removeLater(early: number | null, added: number | null): void {
    const { faults, log } = this.#options
    faults
      .retry(() => this.#removeFailed(early, added))
      .catch((fault: unknown) => log.error({ err: fault }, 'Server: the rest of a failed upload could not be removed.'))
  }

  /**
   * @param early the song that the upload has become before its end, if it is still uploading
   * @param added the song that it was to become at its end
   */
  async #removeFailed(early: number | null, added: number | null): Promise<void> {
    const { db, folders, log, stopWork } = this.#options
    const songId = early !== null && isUploading(db, early) ? early : added
    if (songId === null || !eraseSong(db, songId)) return
    await stopWork(songId)
    await removeSongFolder(folders, songId)
    log.info({ songId }, `Server: Music[${songId}] - its upload broke off, so it is removed.`)
  }
}

function displayName({ title }: Song): string {
  return title || 'a song without a name'
}

function deletedError(songId: number): UserError {
  return new UserError(`Song ${songId} was deleted while it was uploaded.`, { code: 'music-not-found', status: 404 })
}
