import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../song/make-folders.ts'
import {
  arrivingPath,
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
} from './paths.ts'

/*
 * The only remover of files below songs/. It removes what carries a name that this program gives, never a folder with all
 * that is in it: whatever else somebody has put there goes to lost+found/.
 */

/**
 * Makes the folder of a new song, marked as arriving: a server that is killed before `confirmArrival` knows by that, and by
 * nothing else, that the song may be removed. What a folder of that number held is out of the way afterwards.
 */
export function makeSongFolder(folders: Folders, songId: number): void {
  const folder = songFolder(folders, songId)
  if (existsSync(folder)) clearStaleFolder(folders, songId)
  mkdirSync(folder)
  closeSync(openSync(arrivingPath(folders, songId), 'w'))
}

/** The song is here for good. Resolves when the disk has its file, and no longer the mark: its sender may be told so. */
export async function confirmArrival(folders: Folders, songId: number): Promise<void> {
  await flushToDisk(originalPath(folders, songId))
  await rm(arrivingPath(folders, songId), { force: true })
  await flushToDisk(songFolder(folders, songId))
  await flushToDisk(songsFolder(folders))
}

/** Notes that a song is to be removed for good, before the ledger forgets it: whoever is killed after that goes on with it. */
export function markErased(folders: Folders, songId: number): void {
  try {
    closeSync(openSync(erasedPath(folders, songId), 'w'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // it has no folder
  }
}

/** It is not removed after all. */
export function unmarkErased(folders: Folders, songId: number): void {
  rmSync(erasedPath(folders, songId), { force: true })
}

/** Removes a song's files, and the folder; what is not ours in it goes to lost+found/. */
export async function removeSongFolder(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const marks = new Set([arrivingPath(folders, songId), erasedPath(folders, songId)])
  const paths = (await namesIn(folder)).filter(isSongFileName).map((name) => join(folder, name))
  await removeAll(paths.filter((path) => !marks.has(path)))
  await removeAll([...marks])
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') moveToLostAndFound(folders, songId)
    else if (error.code === 'ENOTDIR')
      rmSync(folder) // a link to a folder elsewhere, which is not ours
    else if (error.code !== 'ENOENT') throw error
  })
}

/**
 * Removes a song's folder that holds nothing: a kill came between making it and its mark, or between removing the mark and it.
 * @returns whether it did
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

/** Removes a mix, in all formats. */
export async function removeMix(
  folders: Folders,
  { songId, fileId }: { songId: number; fileId: number },
): Promise<void> {
  const folder = songFolder(folders, songId)
  const rendered = (await namesIn(folder)).filter((name) => name.startsWith(`rendered-${fileId}.`))
  await removeAll([mixPath(folders, { songId, fileId }), ...rendered.map((name) => join(folder, name))])
}

/** What was uploaded, and what is known of it: all else is made of that. */
export function irreplaceablePaths(folders: Folders, songId: number): ReadonlySet<string> {
  return new Set([originalPath, coverPath, songRecordPath, personRecordPath].map((pathOf) => pathOf(folders, songId)))
}

/** Removes all that was made of a song: what was uploaded stays, and what is known of it. */
export async function removeDerivedFiles(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const kept = irreplaceablePaths(folders, songId)
  const made = (await namesIn(folder)).filter(isSongFileName).map((name) => join(folder, name))
  await removeAll(made.filter((path) => !kept.has(path)))
}

/** Removes what was left of results, once every stem is whole. */
export async function removePartials(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const partials = (await namesIn(folder)).filter((name) => isSongFileName(name) && name.startsWith('partial-'))
  await removeAll(partials.map((name) => join(folder, name)))
}

/** Removes what a killed server left half-written in a song's folder. */
export async function removeHalfWritten(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  await removeAll((await namesIn(folder)).filter(isHalfWrittenName).map((name) => join(folder, name)))
}

/** Takes stems, mixes and results that nobody knows the names of any more out of a song's folder. */
export async function moveUnknownStems(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const names = (await namesIn(folder)).filter((name) => /^(?:stem|mix|peaks|partial|rendered)-/.test(name))
  if (names.length === 0) return
  const place = newLostAndFoundPath(folders, songId)
  mkdirSync(place)
  for (const name of names) renameSync(join(folder, name), join(place, name))
  writeNoteBeside(place, songId)
}

/** Takes a song's folder out of the way, with a note beside it that says why. */
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

/** A song's number comes again where its transaction was rolled back; what stands there then is half-written, or not ours. */
function clearStaleFolder(folders: Folders, songId: number): void {
  const folder = songFolder(folders, songId)
  const isHalfWritten = existsSync(arrivingPath(folders, songId)) || existsSync(erasedPath(folders, songId))
  if (isHalfWritten) {
    for (const name of readdirSync(folder).filter(isSongFileName)) rmSync(join(folder, name), { force: true })
  }
  if (readdirSync(folder).length > 0) moveToLostAndFound(folders, songId)
  else rmSync(folder, { recursive: true })
}

/** Of a folder, that the names in it are found after a power cut (fsync(2)). */
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

/** None where the folder is gone: its song was deleted meanwhile. */
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
}
