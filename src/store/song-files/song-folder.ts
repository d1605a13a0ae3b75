import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../platform/make-folders.ts'
import { namesIn } from '../../platform/names-in.ts'
import {
  coverPath,
  erasedPath,
  type Folders,
  isHalfWrittenName,
  isSongFileName,
  lostAndFoundFolder,
  mixPath,
  originalPath,
  personRecordPath,
  songFolder,
  songRecordPath,
  songsFolder,
  uploadingMarkPath,
} from './paths.ts'

/*
 * The only module that removes files below songs/. It removes only files with names that the program gives. Anything else in
 * a song's folder is moved to lost+found/.
 */

/**
 * Creates the folder of a new song, with the mark `arriving`. After a crash, this mark alone says that the song may be
 * removed. An old folder of the same number is cleared first.
 */
export function makeSongFolder(folders: Folders, songId: number): void {
  const folder = songFolder(folders, songId)
  if (existsSync(folder)) clearStaleFolder(folders, songId)
  mkdirSync(folder)
  closeSync(openSync(uploadingMarkPath(folders, songId), 'w'))
}

/**
 * Completes a song's upload: flushes its file and removes the mark `arriving`. When it resolves, the song survives a power
 * cut, so its sender may be told.
 */
export async function confirmUploadOnDisk(folders: Folders, songId: number): Promise<void> {
  await flushToDisk(originalPath(folders, songId))
  await rm(uploadingMarkPath(folders, songId), { force: true })
  await flushToDisk(songFolder(folders, songId))
  await flushToDisk(songsFolder(folders))
}

/** Marks a song as erased before its row is deleted. After a crash, the next start finishes the removal. */
export function markErased(folders: Folders, songId: number): void {
  try {
    closeSync(openSync(erasedPath(folders, songId), 'w'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // ENOENT: the song has no folder
  }
}

/** Removes the mark `erased`, because the song was not erased after all. */
export function unmarkErased(folders: Folders, songId: number): void {
  rmSync(erasedPath(folders, songId), { force: true })
}

/** Removes a song's files and its folder. Unknown files go to lost+found/. */
export async function removeSongFolder(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const marks = new Set([uploadingMarkPath(folders, songId), erasedPath(folders, songId)])
  const paths = (await namesIn(folder)).filter(isSongFileName).map((name) => join(folder, name))
  await removeAll(paths.filter((path) => !marks.has(path)))
  await removeAll([...marks])
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') moveToLostAndFound(folders, songId)
    else if (error.code === 'ENOTDIR')
      rmSync(folder) // a symbolic link to a folder outside of DATA_DIR: only the link is removed
    else if (error.code !== 'ENOENT') throw error
  })
}

/**
 * Removes a song's folder if it is empty. A crash left it between creating the folder and its mark, or between removing the
 * mark and the folder.
 * @returns whether it was removed
 */
export function removeEmptySongFolder(folders: Folders, songId: number): Promise<boolean> {
  return rmdir(songFolder(folders, songId)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST' || error.code === 'ENOTDIR') return false
      throw error
    },
  )
}

/** Removes a mix and its exports in all formats. */
export async function removeMix(
  folders: Folders,
  { songId, fileId }: { songId: number; fileId: number },
): Promise<void> {
  const folder = songFolder(folders, songId)
  const rendered = (await namesIn(folder)).filter((name) => name.startsWith(`rendered-${fileId}.`))
  await removeAll([mixPath(folders, { songId, fileId }), ...rendered.map((name) => join(folder, name))])
}

/** The files that cannot be derived again: the upload, its cover and the records. */
export function irreplaceablePaths(folders: Folders, songId: number): ReadonlySet<string> {
  return new Set([originalPath, coverPath, songRecordPath, personRecordPath].map((pathOf) => pathOf(folders, songId)))
}

/** Removes all files derived from a song. The upload and the records stay. */
export async function removeDerivedFiles(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const kept = irreplaceablePaths(folders, songId)
  const made = (await namesIn(folder)).filter(isSongFileName).map((name) => join(folder, name))
  await removeAll(made.filter((path) => !kept.has(path)))
}

/** Removes the stored results of a song, once every stem is complete. */
export async function removePartials(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const partials = (await namesIn(folder)).filter((name) => isSongFileName(name) && name.startsWith('partial-'))
  await removeAll(partials.map((name) => join(folder, name)))
}

/** Removes half-written files that a crash left in a song's folder. */
export async function removeHalfWritten(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  await removeAll((await namesIn(folder)).filter(isHalfWrittenName).map((name) => join(folder, name)))
}

/** Moves stems, mixes and results with unknown ids to lost+found/. */
export async function moveUnknownStems(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const names = (await namesIn(folder)).filter((name) => /^(?:stem|mix|peaks|partial|rendered)-/.test(name))
  if (names.length === 0) return
  const place = newLostAndFoundPath(folders, songId)
  mkdirSync(place)
  for (const name of names) renameSync(join(folder, name), join(place, name))
  writeNoteBeside(place, songId)
}

/** Moves a song's folder to lost+found/, with a note that says why. */
export function moveToLostAndFound(folders: Folders, songId: number): void {
  const place = newLostAndFoundPath(folders, songId)
  renameSync(songFolder(folders, songId), place)
  writeNoteBeside(place, songId)
}

function newLostAndFoundPath(folders: Folders, songId: number): string {
  makeFolders(lostAndFoundFolder(folders))
  return join(lostAndFoundFolder(folders), `song-${songId}-${Date.now()}`)
}

function writeNoteBeside(place: string, songId: number): void {
  writeFileSync(
    `${place}.txt`,
    `These files were in songs/${songId}. Minus One did not make them, or no longer knows what they belong to.
It will not touch them again: keep them or delete them.\n`,
  )
}

/**
 * Clears the folder of a song id that is used again because its transaction was rolled back. A marked folder is half-written
 * and is emptied. Any other content moves to lost+found/.
 */
function clearStaleFolder(folders: Folders, songId: number): void {
  const folder = songFolder(folders, songId)
  const isHalfWritten = existsSync(uploadingMarkPath(folders, songId)) || existsSync(erasedPath(folders, songId))
  if (isHalfWritten) {
    for (const name of readdirSync(folder).filter(isSongFileName)) rmSync(join(folder, name), { force: true })
  }
  if (readdirSync(folder).length > 0) moveToLostAndFound(folders, songId)
  else rmSync(folder, { recursive: true })
}

/** Flushes a file's bytes, or a folder's entries, to the disk (fsync(2)). */
async function flushToDisk(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })))
}
