import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { GIBIBYTE, MEBIBYTE } from '../../platform/byte-units.ts'
import { FolderGone } from '../../platform/transient-fault.ts'
import { UserError } from '../../song/errors.ts'
import { RESTORABLE_MINUTES } from '../../song/restore-period.ts'
import { mixBytes, songBytes } from '../../song/song-size.ts'
import type { Database } from '../ledger/database.ts'
import { expectedSamples, type Song, songsInWork } from '../queries/songs.ts'
import { uploadingSongIds } from '../queries/uploads.ts'
import type { Folders } from '../song-files/paths.ts'
import { mixesToRender, songLengthsOfMixes } from '../tables/files.ts'
import { DataFolderSize, type DataSize, spareBytesOf } from './data-size.ts'

/** The server counts its own new work between measurements. Only deletions and other programs change the disk unnoticed. */
const REMEASURE_AFTER_MS = 5_000
/** A request waits for a new measurement only if the last one is older than this. */
const MAX_AGE_MS = 60_000
const RETRY_AFTER_SECONDS = 30

/** The total bytes of a piece of work. Part of them may already be written if it concerns a song. */
type Need = { bytes: number; songId: number | null }

/** Reserved room. */
export type ReservedSpace = {
  /** Raises the reservation to `bytes` in total. Throws as `admit`. */
  raise(bytes: number): void
  release(): void
}

type Reservation = { bytes: number; releasedAt: number | null }

/** The result of a measurement. */
type Measured = DataSize & {
  at: number
  /** Bytes by which DATA_DIR may still grow, work in hand included. */
  freeBytes: number
  /** Whether the disk is the limit, and not MAX_DATA_GB. */
  isLimitedByDisk: boolean
  spareBytes: number
  /** The needs of all work that was in hand then, or was begun since. */
  needs: Map<string, Need>
}

/**
 * Decides whether there is room for new work before it begins. The limit is MAX_DATA_GB or, without that setting, the disk
 * minus the bytes that stay free. The future needs of songs in work and of unrendered mixes count as used. They are computed
 * from the ledger, so a restart changes nothing. Work without a row in the ledger, such as an upload, reserves room while it
 * is being written.
 */
export class Quota {
  readonly #db: Database
  readonly #folders: Folders
  readonly #maxBytes: number | null
  readonly #size: DataFolderSize
  readonly #reservations = new Set<Reservation>()
  #measured: Measured | null = null
  #measuring: Promise<Measured> | null = null

  /** @param maxGigabytes the limit for DATA_DIR; undefined: the disk minus the bytes that stay free */
  constructor({
    db,
    folders,
    maxGigabytes,
  }: {
    db: Database
    folders: Folders
    maxGigabytes: number | undefined
  }) {
    this.#db = db
    this.#folders = folders
    this.#maxBytes = maxGigabytes === undefined ? null : Math.floor(maxGigabytes * GIBIBYTE)
    this.#size = new DataFolderSize(folders)
    this.#measureInBackground() // so that the first request waits less
  }

  /**
   * Bytes of room for new work, as measured a few seconds ago. Negative if more is promised than there is, null before the
   * first measurement.
   */
  get roomBytes(): number | null {
    this.#measureInBackground()
    return this.#measured && this.#roomIn(this.#measured)
  }

  /** Below this, a song may find no room: a twentieth of MAX_DATA_GB, but at most 1 GiB. */
  get lowRoomBytes(): number {
    return Math.min(GIBIBYTE, this.#maxBytes === null ? GIBIBYTE : this.#maxBytes / 20)
  }

  /**
   * Begins work that may write `bytes`. Throws a UserError (no-room) if there is no room for them.
   * @param what names the work in the message, for example "this song"
   * @param begin writes the work into the ledger. No other work is admitted in between.
   */
  async admit<T>({ what, bytes, begin }: { what: string; bytes: number; begin(): T }): Promise<T> {
    const askedAt = performance.now()
    this.#measureInBackground()
    const measured = await this.#measuredSince(askedAt - MAX_AGE_MS)
    // Room may have become free since the last measurement.
    if (bytes > Math.max(0, this.#roomIn(measured))) await this.#measuredSince(askedAt)
    this.#assertRoom(what, bytes)
    const begun = begin()
    this.#addNewNeeds()
    return begun
  }

  /** Begins work on a song. Counts only the bytes that are not written yet. Throws as `admit`. */
  async admitSong<T>(song: Song, begin: () => T): Promise<T> {
    const bytes = Math.max(0, this.#bytesOf(song) - (await this.#size.derivedBytesOf(song.id)))
    return this.admit({ what: 'this song', bytes, begin })
  }

  /** Reserves room until it is released: then the bytes are on the disk or will not come. Throws as `admit`. */
  reserve(what: string, bytes: number): Promise<ReservedSpace> {
    const begin = (): ReservedSpace => {
      const reservation: Reservation = { bytes, releasedAt: null }
      this.#reservations.add(reservation)
      return {
        raise: (raised) => {
          this.#measureInBackground()
          this.#assertRoom(`more of ${what}`, raised - reservation.bytes)
          reservation.bytes = Math.max(reservation.bytes, raised)
        },
        release() {
          reservation.releasedAt = performance.now()
        },
      }
    }
    return this.admit({ what, bytes, begin })
  }

  /** Checks against the last measurement. */
  #assertRoom(what: string, bytes: number): void {
    const measured = this.#measured
    const room = measured ? this.#roomIn(measured) : 0
    // Work that needs no more bytes always fits, even if more is promised than there is.
    if (measured && bytes > Math.max(0, room))
      throw noRoomError({ what, bytes, room, measured, maxBytes: this.#maxBytes })
  }

  #roomIn({ freeBytes, incomingBytes, derivedBytes, needs }: Measured): number {
    this.#addNewNeeds()
    let promised = 0
    for (const { bytes, songId } of needs.values()) {
      const made = songId === null ? 0 : (derivedBytes.get(songId) ?? 0)
      promised += Math.max(0, bytes - made)
    }
    let reserved = 0
    for (const { bytes } of this.#reservations) reserved += bytes
    return freeBytes - promised - Math.max(0, reserved - incomingBytes)
  }

  /**
   * Adds needs that are new since the measurement. Work that ends before the next measurement has used its bytes, so its
   * need stays until then.
   */
  #addNewNeeds(): void {
    for (const [key, need] of this.#needs()) this.#measured?.needs.set(key, need)
  }

  /** The total needs of all songs in work and unrendered mixes, by key. */
  #needs(): Map<string, Need> {
    const needs = new Map<string, Need>()
    for (const song of songsInWork(this.#db))
      needs.set(`song ${song.id}`, { bytes: this.#bytesOf(song), songId: song.id })
    for (const { id, samples } of mixesToRender(this.#db))
      needs.set(`mix ${id}`, { bytes: mixBytes(samples), songId: null })
    return needs
  }

  #bytesOf(song: Song): number {
    const mixes = Math.max(1, songLengthsOfMixes(this.#db, song.id))
    return songBytes({ plan: song.plan, samples: expectedSamples(song), mixes })
  }

  #measureInBackground(): void {
    this.#measuredSince(performance.now() - REMEASURE_AFTER_MS).catch(() => undefined) // the next call that needs a measurement throws the fault
  }

  /** Returns a measurement that began at `since` (monotonic milliseconds) or later. Concurrent callers share one measurement. */
  async #measuredSince(since: number): Promise<Measured> {
    while (!this.#measured || this.#measured.at < since) {
      this.#measuring ??= this.#measureNow().finally(() => {
        this.#measuring = null
      })
      await this.#measuring
    }
    return this.#measured
  }

  async #measureNow(): Promise<Measured> {
    const at = performance.now()
    const needs = this.#needs()
    const inWork = new Set(songsInWork(this.#db).map(({ id }) => id))
    const uploading = new Set(uploadingSongIds(this.#db))
    const size = await this.#size.measure({ inWork, uploading })
    const { bavail, blocks, bsize } = await diskOf(this.#folders.root)
    const spareBytes = this.#maxBytes === null ? spareBytesOf(blocks * bsize) : 0
    const onDiskBytes = bavail * bsize - spareBytes
    const withinMaxBytes = this.#maxBytes === null ? Number.POSITIVE_INFINITY : this.#maxBytes - size.bytes
    for (const reservation of this.#reservations) {
      if (reservation.releasedAt !== null && reservation.releasedAt < at) this.#reservations.delete(reservation)
    }
    const freeBytes = Math.min(onDiskBytes, withinMaxBytes)
    // Work may have begun or ended during the measurement.
    for (const [key, need] of this.#needs()) needs.set(key, need)
    this.#measured = { ...size, at, freeBytes, isLimitedByDisk: onDiskBytes < withinMaxBytes, spareBytes, needs }
    return this.#measured
  }
}

async function diskOf(root: string): Promise<StatsFs> {
  try {
    return await statfs(root)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new FolderGone(`${root} does not exist.`, { cause })
    throw cause
  }
}

function noRoomError({
  what,
  bytes,
  room,
  measured: { isLimitedByDisk, spareBytes },
  maxBytes,
}: {
  what: string
  bytes: number
  room: number
  measured: Measured
  maxBytes: number | null
}): UserError {
  const left = `${formatBytes(Math.max(0, room))} are left`
  const spare = spareBytes > 0 ? `, besides ${formatBytes(spareBytes)} that stay free` : ''
  const place = isLimitedByDisk
    ? `on the disk ${left}${spare}`
    : `of the ${formatBytes(maxBytes ?? 0)} for all songs ${left}`
  const way = isLimitedByDisk ? 'make room on the disk' : 'raise MAX_DATA_GB'
  return new UserError(
    `The server has no room left for ${what}: it may take ${formatBytes(bytes)}, and ${place}. Delete songs (${RESTORABLE_MINUTES} minutes later they are off the disk) or ${way}.`,
    { code: 'no-room', retryAfterSeconds: RETRY_AFTER_SECONDS },
  )
}

function formatBytes(bytes: number): string {
  return bytes < GIBIBYTE ? `${Math.ceil(bytes / MEBIBYTE)} MB` : `${(bytes / GIBIBYTE).toFixed(1)} GB`
}
