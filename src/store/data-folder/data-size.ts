import type { Dirent, Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { GIBIBYTE } from '../../platform/byte-units.ts'
import {
  type Folders,
  INCOMING_NAME,
  isDerivedFileName,
  SONGS_NAME,
  songFolder,
  songIdOf,
} from '../song-files/paths.ts'

const MAX_SPARE_BYTES = 5 * GIBIBYTE
const SPARE_SHARE = 0.1
/** The unit of st_blocks, whatever the block size of the file system (stat(2)). */
const BLOCK_BYTES = 512
const CONCURRENT_FOLDERS = 8
/**
 * File times have a resolution of up to two seconds (FAT). A folder changed more recently may change again without a new
 * mtime.
 */
const SETTLED_AFTER_MS = 2_000

export type DataSize = {
  /** Disk usage of all of DATA_DIR. */
  bytes: number
  /** The part of `bytes` that belongs to uploads and files still being written. */
  incomingBytes: number
  /** The part of `bytes` that was derived from each song in work, by song id. */
  derivedBytes: ReadonlyMap<number, number>
}

/**
 * Bytes of a disk that the server leaves free if MAX_DATA_GB is not set: for the system, other programs and the ledger. It
 * is a tenth, so a small disk can be used too: 0.4 GB of a 4 GB card.
 */
export function spareBytesOf(diskBytes: number): number {
  return Math.min(MAX_SPARE_BYTES, SPARE_SHARE * diskBytes)
}

/**
 * Measures the disk usage of a data folder. The size of a song's folder is cached until names in it change. Files of songs
 * in work grow without a change of names, so those folders are always measured.
 */
export class DataFolderSize {
  readonly #folders: Folders
  readonly #settled = new Map<number, { changedMs: number; bytes: number }>()

  constructor(folders: Folders) {
    this.#folders = folders
  }

  /**
   * @param inWork ids of songs that are being separated
   * @param uploading ids of songs whose upload is still being written
   */
  async measure({
    inWork,
    uploading,
  }: {
    inWork: ReadonlySet<number>
    uploading: ReadonlySet<number>
  }): Promise<DataSize> {
    const { root } = this.#folders
    const derivedBytes = new Map<number, number>()
    let incomingBytes = 0
    const limit = pLimit(CONCURRENT_FOLDERS)
    const names = await entriesIn(join(root, SONGS_NAME))
    const songIds = names.map(({ name }) => songIdOf(name)).filter((id) => id !== null)
    const sizes = songIds.map((songId) =>
      limit(async () => {
        if (!inWork.has(songId) && !uploading.has(songId)) return this.#sizeOfSettled(songId)
        const { all, made } = await sizeOfSong(this.#folders, songId)
        if (inWork.has(songId)) derivedBytes.set(songId, made)
        if (uploading.has(songId)) incomingBytes += all - made
        return all
      }),
    )
    let bytes = 0
    for (const size of await Promise.all(sizes)) bytes += size
    for (const entry of await entriesIn(root)) {
      if (entry.name === SONGS_NAME) continue
      const size = entry.isDirectory()
        ? await sizeOfFolder(join(root, entry.name))
        : await sizeOf(join(root, entry.name))
      bytes += size
      if (entry.name === INCOMING_NAME) incomingBytes += size
    }
    this.#forgetRemovedSongs(new Set(songIds))
    return { bytes, incomingBytes, derivedBytes }
  }

  /** Bytes of all files derived from a song so far. */
  async derivedBytesOf(songId: number): Promise<number> {
    return (await sizeOfSong(this.#folders, songId)).made
  }

  async #sizeOfSettled(songId: number): Promise<number> {
    const folder = await statOf(songFolder(this.#folders, songId))
    if (folder === null) return 0
    const known = this.#settled.get(songId)
    if (known?.changedMs === folder.mtimeMs) return known.bytes
    const { all } = await sizeOfSong(this.#folders, songId)
    if (Date.now() - folder.mtimeMs > SETTLED_AFTER_MS)
      this.#settled.set(songId, { changedMs: folder.mtimeMs, bytes: all })
    return all
  }

  #forgetRemovedSongs(songIds: ReadonlySet<number>): void {
    for (const songId of this.#settled.keys()) if (!songIds.has(songId)) this.#settled.delete(songId)
  }
}

async function sizeOfSong(folders: Folders, songId: number): Promise<{ all: number; made: number }> {
  const folder = songFolder(folders, songId)
  let all = 0
  let made = 0
  for (const entry of await entriesIn(folder)) {
    const size = entry.isDirectory()
      ? await sizeOfFolder(join(folder, entry.name))
      : await sizeOf(join(folder, entry.name))
    all += size
    if (isDerivedFileName(entry.name)) made += size
  }
  return { all, made }
}

async function sizeOfFolder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(fallbackIfMissing<Dirent[]>([]))
  let bytes = 0
  for (const entry of entries) if (entry.isFile()) bytes += await sizeOf(join(entry.parentPath, entry.name))
  return bytes
}

/** Allocated bytes. Files that are written in several places have holes, so their length would be too much. */
async function sizeOf(path: string): Promise<number> {
  return ((await statOf(path))?.blocks ?? 0) * BLOCK_BYTES
}

/** Returns null if the file is gone: other tasks move and remove files meanwhile. */
function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch(fallbackIfMissing<Stats | null>(null))
}

function entriesIn(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(fallbackIfMissing<Dirent[]>([]))
}

function fallbackIfMissing<T>(none: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return none
    throw error
  }
}
