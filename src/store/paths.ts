import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The only builder of paths below DATA_DIR. Nothing in them comes from a person: songs, tracks and jobs are numbers.
 *
 *     ledger.sqlite
 *     incoming/<random>            an upload that is not a song yet
 *     songs/<song>/original        as it was uploaded
 *     songs/<song>/cover           the picture that came with it
 *     songs/<song>/song.pcm        decoded
 *     songs/<song>/stem-<track>.wav, mix-<file>.wav
 *     songs/<song>/peaks-<track>.u8
 *     songs/<song>/partial-<job>-<attempt>.f32
 *     songs/<song>/rendered-<file>.<format>
 */
export type Folders = { root: string }

export const ledgerPath = ({ root }: Folders): string => join(root, 'ledger.sqlite')
export const incomingFolder = ({ root }: Folders): string => join(root, 'incoming')
export const songsFolder = ({ root }: Folders): string => join(root, 'songs')
export const songFolder = (folders: Folders, songId: number): string => join(songsFolder(folders), String(songId))

export function originalPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'original')
}

export function coverPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'cover')
}

export function pcmPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'song.pcm')
}

export function stemPath(folders: Folders, { songId, trackId }: { songId: number; trackId: number }): string {
  return join(songFolder(folders, songId), `stem-${trackId}.wav`)
}

export function peaksPath(folders: Folders, { songId, trackId }: { songId: number; trackId: number }): string {
  return join(songFolder(folders, songId), `peaks-${trackId}.u8`)
}

export function mixPath(folders: Folders, { songId, fileId }: { songId: number; fileId: number }): string {
  return join(songFolder(folders, songId), `mix-${fileId}.wav`)
}

export function partialPath(
  folders: Folders,
  { songId, jobId, attempt }: { songId: number; jobId: number; attempt: number },
): string {
  return join(songFolder(folders, songId), `partial-${jobId}-${attempt}.f32`)
}

export function renderedPath(
  folders: Folders,
  { songId, fileId, format }: { songId: number; fileId: number; format: string },
): string {
  return join(songFolder(folders, songId), `rendered-${fileId}.${format}`)
}

export async function removeSongFolder(folders: Folders, songId: number): Promise<void> {
  await rm(songFolder(folders, songId), { recursive: true, force: true })
}

/** Removes a mix, in all formats. */
export async function removeMix(
  folders: Folders,
  { songId, fileId }: { songId: number; fileId: number },
): Promise<void> {
  const folder = songFolder(folders, songId)
  const rendered = (await namesIn(folder)).filter((name) => name.startsWith(`rendered-${fileId}.`))
  const paths = [mixPath(folders, { songId, fileId }), ...rendered.map((name) => join(folder, name))]
  await Promise.all(paths.map((path) => rm(path, { force: true })))
}

/** Removes all that was made of a song: what was uploaded stays. */
export async function removeWork(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const uploaded = new Set([originalPath(folders, songId), coverPath(folders, songId)])
  const made = (await namesIn(folder)).map((name) => join(folder, name)).filter((path) => !uploaded.has(path))
  await Promise.all(made.map((path) => rm(path, { force: true })))
}

/** Removes what was left of results, once every stem is whole. */
export async function removePartials(folders: Folders, songId: number): Promise<void> {
  const folder = songFolder(folders, songId)
  const partials = (await namesIn(folder)).filter((name) => name.startsWith('partial-'))
  await Promise.all(partials.map((name) => rm(join(folder, name), { force: true })))
}

/** None where the folder is gone: its song was deleted meanwhile. */
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
}

/** Makes the folders, and removes what a killed server left half-written: uploads, and songs the ledger does not know. */
export async function tidyFolders(folders: Folders, knownSongs: ReadonlySet<number>): Promise<void> {
  await rm(incomingFolder(folders), { recursive: true, force: true })
  await mkdir(incomingFolder(folders), { recursive: true })
  await mkdir(songsFolder(folders), { recursive: true })
  for (const name of await readdir(songsFolder(folders))) {
    if (!knownSongs.has(Number(name))) await rm(join(songsFolder(folders), name), { recursive: true, force: true })
  }
}
