import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { MediaPool } from '../audio/media/media-pool.ts'
import type { Log } from '../log.ts'
import { FolderGone } from '../platform/transient-fault.ts'
import { UserError } from '../song/errors.ts'
import type { NewUpload } from '../song/new-upload.ts'
import type { Plan } from '../song/plan.ts'
import { titleOf } from '../song/song-title.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota, ReservedSpace } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { getSong, getSongEvenDeleted, type Song } from '../store/queries/songs.ts'
import { isUploading } from '../store/queries/uploads.ts'
import type { SongRecords } from '../store/records/song-records.ts'
import { coverPath, type Folders, incomingFolder, originalPath } from '../store/song-files/paths.ts'
import { confirmUploadOnDisk } from '../store/song-files/song-folder.ts'
import { finishUpload } from '../store/transitions/songs.ts'
import { addUploadedSong, type ProbedSong, probeSong } from './probe-song.ts'
import { ProgressiveUpload } from './progressive-upload.ts'
import { type FailedUpload, removeFailedUpload } from './remove-failed-upload.ts'
import { reserveSongSpace } from './reserve-song-space.ts'
import { saveUpload } from './save-upload.ts'
import { UploadBatches } from './upload-batches.ts'

const LOOK_TIMEOUT_MS = 60_000
/** Each look takes a process of 0.1 GB and a core for a third of a second. */
const CONCURRENT_LOOKS = 4
/** At the end of an upload a busy ledger is waited for, because sending the file again would cost more. */
const RETRY_TIMEOUT_MS = 5_000
/** A decoder waits for a part of a file that the upload should bring within this time. For a later part, the check is repeated. */
const UPLOADED_SOON_MS = 4_000
/** Room reserved beyond the received bytes, for an upload of unknown length. */
const UNKNOWN_LENGTH_BYTES = 16 << 20

export type PlannedModel = { name: string; plan: Plan }

type UploadsOptions = {
  db: Database
  folders: Folders
  log: Log
  faults: FaultMonitor
  quota: Quota
  records: SongRecords
  limits: { maxUploadBytes: number; maxSongSeconds: number }
  mediaPool: MediaPool
  /** Returns the plan of a model, by its name. Throws a UserError if there is no such model. */
  planFor(model: string | undefined): PlannedModel
  /** Resolves when the server's machine may do work that nobody waits for. */
  whenDecoderMayRun(): Promise<void>
  onReceivedBytes(bytes: number): void
  /** Called when more of a song's file has arrived. */
  onMore(songId: number): void
  /**
   * Called when the rest of a song that is already playable is expected within seconds, with the time by `performance.now`
   * until which that holds. Null: no longer expected so soon.
   */
  onUploadEnding(songId: number, untilMs: number | null): void
  /** Called when a song's file is complete. */
  onWhole(song: Song): void
  /** Stops the work on a song. Resolves when no task uses its files any more. */
  stopWork(songId: number): Promise<void>
}

type Sent = Pick<NewUpload, 'fileName' | 'soundTrack'>
type UploadedSong = Pick<Parameters<typeof addUploadedSong>[0], 'id' | 'path' | 'found' | 'model' | 'uploadName'>

/**
 * Receives uploads and makes them songs. A progressive upload becomes a song as soon as enough of its file has arrived to
 * look into it, and can be played while the rest arrives. It becomes durable only when its upload has ended successfully.
 */
export class Uploads {
  readonly #options: UploadsOptions
  readonly #looks = pLimit(CONCURRENT_LOOKS)
  readonly #batches: UploadBatches
  /** Progressive uploads that have become songs and have not ended, by song id. */
  readonly #progressive = new Map<number, ProgressiveUpload>()

  constructor(options: UploadsOptions) {
    this.#options = options
    this.#batches = new UploadBatches(options)
  }

  /** Receives an upload and adds it as a song. Throws a UserError if this server does not take it. */
  async receive({ body, fileName, model, soundTrack, uploadName, place, expectedBytes }: NewUpload): Promise<Song> {
    const { folders, limits, log, faults, quota } = this.#options
    const planned = this.#options.planFor(model)
    const path = join(incomingFolder(folders), randomUUID())
    const id = this.#batches.take(place)
    const upload =
      uploadName === undefined
        ? null
        : this.#progressiveUpload({ id, path, fileName, soundTrack, uploadName, expectedBytes, planned })
    let added: Song | null = null
    let space: ReservedSpace | null = null
    // saveUpload reports errors of the body, but may not have begun to read it.
    body.on('error', () => undefined)
    try {
      space = await quota.reserve('this upload', Math.min(expectedBytes ?? UNKNOWN_LENGTH_BYTES, limits.maxUploadBytes))
      const onWritten = (written: number) => {
        if (expectedBytes === null) space?.raise(Math.min(written + UNKNOWN_LENGTH_BYTES, limits.maxUploadBytes))
        upload?.received(written)
        if (upload?.songId) this.#options.onUploadEnding(upload.songId, upload.endsSoonUntilMs(UPLOADED_SOON_MS))
      }
      const bytes = await saveUpload({ body, path, maxBytes: limits.maxUploadBytes, onWritten })
      this.#options.onReceivedBytes(bytes)
      const song = await this.#end(upload)
      if (song) return await this.#complete(song, { fileName, soundTrack })
      const found = await this.#look({ path, fileName, soundTrack })
      const add = () => this.#add({ id, path, found, model: planned, uploadName: null })
      added = await faults.retry(() => reserveSongSpace(quota, { plan: planned.plan, found, add }), {
        withinMs: RETRY_TIMEOUT_MS,
      })
      await this.#commitSong(added.id)
      log.info({ songId: added.id }, `Server: Music[${added.id}] - received: ${titleOf(added)}.`)
      return added
    } catch (error) {
      const song = await this.#end(upload).catch(() => null)
      if (song || added) this.#removeFailed({ early: song?.id ?? null, added: added?.id ?? null })
      else if (place && id !== null) this.#batches.giveBack(place)
      // If DATA_DIR is gone, decoding fails although the file is good.
      if (faults.probe() === 'folder-gone') throw new FolderGone('DATA_DIR is gone.', { cause: error })
      throw error
    } finally {
      // Read the rest, so that a client that is still sending gets the answer.
      body.resume()
      await faults.remove(path)
      space?.release()
    }
  }

  /** Whether a share (0 to 1) of a song's file has arrived or will soon. True for uploads that have ended. */
  isUploadedSoon(songId: number, share: number): boolean {
    return (this.#progressive.get(songId)?.msUntil(share) ?? 0) < UPLOADED_SOON_MS
  }

  /** Resolves when a share (0 to 1) of a song's file has arrived, or its upload has ended. */
  whenArrived(songId: number, share: number, signal: AbortSignal): Promise<void> {
    return this.#progressive.get(songId)?.whenArrived(share, signal) ?? Promise.resolve()
  }

  #progressiveUpload({
    id,
    path,
    uploadName,
    expectedBytes,
    planned,
    ...sent
  }: Sent & {
    id: number | null
    path: string
    uploadName: string
    expectedBytes: number | null
    planned: PlannedModel
  }) {
    const upload: ProgressiveUpload = new ProgressiveUpload({
      expectedBytes,
      look: (signal) => this.#look({ path, ...sent }, signal),
      add: async (found) => {
        const added = await this.#addEarly({ id, path, found, model: planned, uploadName })
        if (added) this.#progressive.set(added.id, upload)
        return added?.id ?? null
      },
      onMore: this.#options.onMore,
    })
    return upload
  }

  /** Makes a song durable: afterwards it survives a crash, so its sender may be told. */
  async #commitSong(songId: number): Promise<void> {
    const { db, folders, records } = this.#options
    await records.saveSong(songId)
    await confirmUploadOnDisk(folders, songId)
    db.assertInPlace()
  }

  #removeFailed(failed: FailedUpload): void {
    const { db, folders, log, faults } = this.#options
    removeFailedUpload({ db, folders, log, faults, stopWork: (songId) => this.#options.stopWork(songId) }, failed)
  }

  #look(file: Sent & { path: string }, signal?: AbortSignal): Promise<ProbedSong> {
    const { limits, mediaPool } = this.#options
    const options = { ...file, maxSeconds: limits.maxSongSeconds, mediaPool }
    return this.#looks(() => probeSong({ ...options, signal: signal ?? AbortSignal.timeout(LOOK_TIMEOUT_MS) }))
  }

  /** @returns the song that a progressive upload has become; null if it has not become one */
  async #end(upload: ProgressiveUpload | null): ReturnType<ProgressiveUpload['end']> {
    const song = upload && (await upload.end())
    if (!song) return null
    this.#progressive.delete(song.id)
    this.#options.onUploadEnding(song.id, null)
    return song
  }

  #add(song: UploadedSong): Song {
    const { db, folders, log } = this.#options
    const added = addUploadedSong({ db, folders, ...song })
    if (song.uploadName !== null)
      log.info(
        { songId: added.id },
        `Server: Music[${added.id}] - can be played while it is uploaded: ${titleOf(added)}.`,
      )
    return added
  }

  /** Adds the song of a progressive upload. Returns null on a transient fault: it is then added at the end of the upload. */
  async #addEarly(song: UploadedSong): Promise<Song | null> {
    try {
      return await reserveSongSpace(this.#options.quota, {
        plan: song.model.plan,
        found: song.found,
        add: () => this.#add(song),
      })
    } catch (error) {
      if (this.#options.faults.classify(error)) return null
      throw error
    }
  }

  /** Completes a progressive upload after its last byte: looks into the whole file and makes the song durable. */
  async #complete({ id: songId, found: early }: { id: number; found: ProbedSong }, sent: Sent): Promise<Song> {
    const { db, folders, log, faults, quota } = this.#options
    this.#options.onMore(songId)
    await this.#options.whenDecoderMayRun()
    if (!isUploading(db, songId)) throw deletedError(songId)
    const found = await this.#look({ path: originalPath(folders, songId), ...sent })
    const { song: added } = getSongEvenDeleted(db, songId) ?? {}
    if (!added) throw deletedError(songId)
    const reserved = added.state === 'separating' ? { reserved: early } : {}
    const add = () => finishUpload(db, { songId, early, found })
    const finish = () => reserveSongSpace(quota, { plan: added.plan, found, ...reserved, add })
    // Pages fetch the cover as soon as they hear of it.
    if (found.picture) writeFileSync(coverPath(folders, songId), found.picture.bytes)
    if (!(await faults.retry(finish, { withinMs: RETRY_TIMEOUT_MS }))) throw deletedError(songId)
    await this.#commitSong(songId)
    const song = getSong(db, songId)
    if (!song) throw deletedError(songId)
    log.info({ songId }, `Server: Music[${songId}] - received: ${titleOf(song)}.`)
    this.#options.onWhole(song)
    return song
  }
}

function deletedError(songId: number): UserError {
  return new UserError(`Song ${songId} was deleted while it was uploaded.`, { code: 'music-not-found' })
}
