import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { UserError } from '../song/errors.ts'
import { FolderGone } from '../song/passing-fault.ts'
import { mixBytes, songBytes } from '../song/song-size.ts'
import { DataFolderSize, type DataSize, spareBytesOf } from './data-size.ts'
import type { Database } from './database.ts'
import { filesOfSong, mixesToRender } from './files.ts'
import type { Folders } from './paths.ts'
import { expectedSamples, type Song, songsInWork } from './songs.ts'
import { uploadingSongIds } from './uploads.ts'

/** What the server begins meanwhile is known: only what others write on the disk is not, and what was deleted. */
const REMEASURE_AFTER_MS = 5_000
/** Until then nobody waits for it. */
const MAX_AGE_MS = 60_000
const RETRY_AFTER_SECONDS = 30
const MEBIBYTE = 2 ** 20
const GIBIBYTE = 2 ** 30

/** What work takes, counted from its beginning; of a song part of it may be there. */
type Need = { bytes: number; songId: number | null }

/** Room that is reserved. */
export type Room = {
  /** Reserves more, up to so many bytes in all. Throws as `admit`. */
  raise(bytes: number): void
  release(): void
}

type Reservation = { bytes: number; releasedAt: number | null }

/** What was there when it was measured. */
type Measured = DataSize & {
  at: number
  /** By so much DATA_DIR may grow, work in hand included. */
  freeBytes: number
  /** Whether that is a matter of the disk, not of MAX_DATA_GB. */
  isLimitedByDisk: boolean
  spareBytes: number
  /** Of all that was in work then, or was begun since. */
  needs: Map<string, Need>
}

/**
 * Says whether there is room for more work, before it begins: within MAX_DATA_GB or, without that setting, on the disk less
 * what stays free. What songs in work and mixes are still to take counts as taken; it is known from the ledger, so a restart
 * changes nothing. What has no row in the ledger, as an upload, is reserved while it is being written.
 */
export class Quota {
  readonly #db: Database
  readonly #folders: Folders
  readonly #maxBytes: number | null
  readonly #size: DataFolderSize
  readonly #reservations = new Set<Reservation>()
  #measured: Measured | null = null
  #measuring: Promise<Measured> | null = null

  /** @param maxGigabytes of DATA_DIR; undefined: the disk less what stays free */
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
    this.#measureInBackground() // whoever asks first waits the less
  }

  /** How much room there is for more, as measured a few seconds ago; negative where more is promised, null before the first time. */
  get roomBytes(): number | null {
    this.#measureInBackground()
    return this.#measured && this.#roomIn(this.#measured)
  }

  /** A twentieth of what all songs may take, 1 GiB at most: below that a song may find no room. */
  get lowRoomBytes(): number {
    return Math.min(GIBIBYTE, this.#maxBytes === null ? GIBIBYTE : this.#maxBytes / 20)
  }

  /**
   * Begins work that may take so many bytes. Throws a UserError (507) where there is no room for them.
   * @param what for the message, as "this song"
   * @param begin writes the work into the ledger: nothing else is admitted in between
   */
  async admit<T>({ what, bytes, begin }: { what: string; bytes: number; begin(): T }): Promise<T> {
    const askedAt = performance.now()
    this.#measureInBackground()
    const measured = await this.#measuredSince(askedAt - MAX_AGE_MS)
    // Room may have been made until this was asked.
    if (bytes > Math.max(0, this.#roomIn(measured))) await this.#measuredSince(askedAt)
    this.#assertRoom(what, bytes)
    const begun = begin()
    this.#addNewNeeds()
    return begun
  }

  /** The same for what is still to be made of a song. */
  async admitSong<T>(song: Song, begin: () => T): Promise<T> {
    const bytes = Math.max(0, this.#bytesOf(song) - (await this.#size.derivedBytesOf(song.id)))
    return this.admit({ what: 'this song', bytes, begin })
  }

  /** Throws as `admit`; keeps the room until it is released: by then the bytes are on the disk, or are not to come. */
  reserve(what: string, bytes: number): Promise<Room> {
    const begin = (): Room => {
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

  /** By what was measured last. */
  #assertRoom(what: string, bytes: number): void {
    const measured = this.#measured
    const room = measured ? this.#roomIn(measured) : 0
    // What takes nothing more fits always, also where more is promised than there is.
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

  /** Work that ends before the next measurement has taken what it needed: it counts until then. */
  #addNewNeeds(): void {
    for (const [key, need] of this.#needs()) this.#measured?.needs.set(key, need)
  }

  /** What all that the ledger has in work takes when it is done. */
  #needs(): Map<string, Need> {
    const needs = new Map<string, Need>()
    for (const song of songsInWork(this.#db))
      needs.set(`song ${song.id}`, { bytes: this.#bytesOf(song), songId: song.id })
    for (const { id, samples } of mixesToRender(this.#db))
      needs.set(`mix ${id}`, { bytes: mixBytes(samples), songId: null })
    return needs
  }

  #bytesOf(song: Song): number {
    const mixes = filesOfSong(this.#db, song.id).filter(({ mix }) => mix).length
    return songBytes({ plan: song.plan, samples: expectedSamples(song), mixes: Math.max(1, mixes) })
  }

  #measureInBackground(): void {
    this.#measuredSince(performance.now() - REMEASURE_AFTER_MS).catch(() => undefined) // a fault of the disk shows to the next who begins something
  }

  /** What was there at that time or later, by the monotonic clock; many who ask wait for one measurement. */
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
    const arriving = new Set(uploadingSongIds(this.#db))
    const size = await this.#size.measure({ inWork, arriving })
    const { bavail, blocks, bsize } = await diskOf(this.#folders.root)
    const spareBytes = this.#maxBytes === null ? spareBytesOf(blocks * bsize) : 0
    const onDiskBytes = bavail * bsize - spareBytes
    const withinMaxBytes = this.#maxBytes === null ? Number.POSITIVE_INFINITY : this.#maxBytes - size.bytes
    for (const reservation of this.#reservations) {
      if (reservation.releasedAt !== null && reservation.releasedAt < at) this.#reservations.delete(reservation)
    }
    const freeBytes = Math.min(onDiskBytes, withinMaxBytes)
    // Some may have begun or ended meanwhile.
    for (const [key, need] of this.#needs()) needs.set(key, need)
    this.#measured = { ...size, at, freeBytes, isLimitedByDisk: onDiskBytes < withinMaxBytes, spareBytes, needs }
    return this.#measured
  }
}

async function diskOf(root: string): Promise<StatsFs> {
  try {
    return await statfs(root)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new FolderGone(`There is no ${root}.`, { cause })
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
  const spare = spareBytes > 0 ? `, beside ${formatBytes(spareBytes)} that stay free` : ''
  const place = isLimitedByDisk
    ? `on the disk ${left}${spare}`
    : `of the ${formatBytes(maxBytes ?? 0)} for all songs ${left}`
  const way = isLimitedByDisk ? 'make room on the disk' : 'raise MAX_DATA_GB'
  return new UserError(
    `The server has no room left for ${what}: it may take ${formatBytes(bytes)}, and ${place}. Delete songs (ten minutes later they are off the disk) or ${way}.`,
    { code: 'no-room', status: 507, retryAfterSeconds: RETRY_AFTER_SECONDS },
  )
}

function formatBytes(bytes: number): string {
  return bytes < GIBIBYTE ? `${Math.ceil(bytes / MEBIBYTE)} MB` : `${(bytes / GIBIBYTE).toFixed(1)} GB`
}
