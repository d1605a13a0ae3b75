import { constants, existsSync, type Stats } from 'node:fs'
import { copyFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolders } from '../../platform/make-folders.ts'
import { type Folders, isSongFileName, originalPath, songFolder } from '../../store/song-files/paths.ts'
import { irreplaceablePaths } from '../../store/song-files/song-folder.ts'
import type { Backup } from './back-up.ts'

/** Renderings are made again on demand; `erased` marks a song whose removal has begun. */
const NOT_COPIED = /^(?:rendered-|erased$)/
const PART_NAME = '.part'

/** Copies the files of a song that have changed. If the upload is missing, the backup keeps all its files of the song. */
export async function copySong({
  source,
  target,
  songId,
  backup,
}: {
  source: Folders
  target: Folders
  songId: number
  backup: Backup
}): Promise<void> {
  const [from, to] = [songFolder(source, songId), songFolder(target, songId)]
  const listed = await readdir(from).catch(unlessMissing)
  const names = (listed ?? []).filter((name) => isSongFileName(name) && !NOT_COPIED.test(name))
  makeFolders(to)
  for (const name of names) await copyChanged({ from: join(from, name), to: join(to, name), backup })
  if (!existsSync(originalPath(source, songId))) {
    // The upload is lost, or lies on a disk that is not mounted. The backup may hold the only copy.
    backup.missing.push(songId)
    return
  }
  const cannotBeMadeAgain = irreplaceablePaths(target, songId)
  for (const name of await readdir(to)) {
    const path = join(to, name)
    const isLeftOver = isSongFileName(name) || name === PART_NAME
    if (isLeftOver && !names.includes(name) && !cannotBeMadeAgain.has(path)) await rm(path, { force: true })
  }
}

/** Copies a file unless the backup has it unchanged, and counts it. Does nothing if it does not exist. */
export async function copyChanged({
  from,
  to,
  backup,
}: {
  from: string
  to: string
  backup: Pick<Backup, 'files' | 'copied' | 'copiedBytes'>
}): Promise<void> {
  const bytes = await copyUnlessSame(from, to)
  if (bytes === null) return
  backup.files++
  if (bytes > 0) backup.copied++
  backup.copiedBytes += bytes
}

/** @returns how many bytes were copied; null when the file was removed meanwhile */
async function copyUnlessSame(from: string, to: string): Promise<number | null> {
  const [now, before] = await Promise.all([sizeAndTime(from), sizeAndTime(to)])
  if (!now) return null
  if (before && before.size === now.size && Math.abs(before.mtimeMs - now.mtimeMs) < 1) return 0
  const part = join(dirname(to), PART_NAME)
  try {
    await copyFile(from, part, constants.COPYFILE_FICLONE)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  await utimes(part, now.atime, now.mtime)
  await rename(part, to)
  return now.size
}

/** Returns null for a missing file. Throws any other error, such as that of a file that cannot be read. */
function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

export function sizeAndTime(path: string): Promise<Stats | null> {
  return stat(path).catch(unlessMissing)
}
