import type { Dirent, Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { type Folders, INCOMING_NAME, isDerivedFileName, SONGS_NAME, songFolder, songIdOf } from './paths.ts'

const MOST_SPARE_BYTES = 5 * 2 ** 30
const SPARE_SHARE = 0.1
/** st_blocks counts these, whatever the file system's own are (stat(2)). */
const BLOCK_BYTES = 512
const AT_ONCE = 8
/** File systems tell times in steps of up to two seconds (FAT): a folder that was changed just now may change again at the same time. */
const SETTLED_AFTER_MS = 2_000

export type DataSize = {
  /** All of DATA_DIR. */
  bytes: number
  /** Of that, what is on its way in or being rendered. */
  incomingBytes: number
  /** Of that, what was made of each song in work. */
  derivedBytes: ReadonlyMap<number, number>
}

/**
 * What stays free of a disk, where nothing else is said, for the system, other programs and the ledger: of a card of 4 GB
 * 0.4 GB, so that a small disk can be used as well.
 */
export function spareBytesOf(diskBytes: number): number {
  return Math.min(MOST_SPARE_BYTES, SPARE_SHARE * diskBytes)
}

/**
 * Tells how much of the disk a data folder takes. A song's folder is looked into once, and again when names in it have changed;
 * the files of songs in work grow without that, so those are always looked into.
 */
export class DataFolderSize {
  readonly #folders: Folders
  readonly #settled = new Map<number, { changedMs: number; bytes: number }>()

  constructor(folders: Folders) {
    this.#folders = folders
  }

  /**
   * @param inWork songs that are being separated
   * @param arriving songs whose upload is still being written
   */
  async measure({
    inWork,
    arriving,
  }: {
    inWork: ReadonlySet<number>
    arriving: ReadonlySet<number>
  }): Promise<DataSize> {
    const { root } = this.#folders
    const derivedBytes = new Map<number, number>()
    let incomingBytes = 0
    const lane = pLimit(AT_ONCE)
    const names = await namesIn(join(root, SONGS_NAME))
    const songIds = names.map(({ name }) => songIdOf(name)).filter((id) => id !== null)
    const sizes = songIds.map((songId) =>
      lane(async () => {
        if (!inWork.has(songId) && !arriving.has(songId)) return this.#sizeOfSettled(songId)
        const { all, made } = await sizeOfSong(this.#folders, songId)
        if (inWork.has(songId)) derivedBytes.set(songId, made)
        if (arriving.has(songId)) incomingBytes += all - made
        return all
      }),
    )
    let bytes = 0
    for (const size of await Promise.all(sizes)) bytes += size
    for (const entry of await namesIn(root)) {
      if (entry.name === SONGS_NAME) continue
      const size = entry.isDirectory() ? await sizeBelow(join(root, entry.name)) : await sizeOf(join(root, entry.name))
      bytes += size
      if (entry.name === INCOMING_NAME) incomingBytes += size
    }
    this.#forgetOthers(new Set(songIds))
    return { bytes, incomingBytes, derivedBytes }
  }

  /** What was made of a song until now. */
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

  #forgetOthers(songIds: ReadonlySet<number>): void {
    for (const songId of this.#settled.keys()) if (!songIds.has(songId)) this.#settled.delete(songId)
  }
}

async function sizeOfSong(folders: Folders, songId: number): Promise<{ all: number; made: number }> {
  const folder = songFolder(folders, songId)
  let all = 0
  let made = 0
  for (const entry of await namesIn(folder)) {
    const size = entry.isDirectory()
      ? await sizeBelow(join(folder, entry.name))
      : await sizeOf(join(folder, entry.name))
    all += size
    if (isDerivedFileName(entry.name)) made += size
  }
  return { all, made }
}

async function sizeBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(noneIfGone<Dirent[]>([]))
  let bytes = 0
  for (const entry of entries) if (entry.isFile()) bytes += await sizeOf(join(entry.parentPath, entry.name))
  return bytes
}

/** What it takes of the disk: files that are written in several places have holes. */
async function sizeOf(path: string): Promise<number> {
  return ((await statOf(path))?.blocks ?? 0) * BLOCK_BYTES
}

/** Null where it is gone: others move and remove files meanwhile. */
function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch(noneIfGone<Stats | null>(null))
}

function namesIn(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(noneIfGone<Dirent[]>([]))
}

function noneIfGone<T>(none: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return none
    throw error
  }
}
