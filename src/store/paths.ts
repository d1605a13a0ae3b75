import { join } from 'node:path'

/**
 * The only builder of paths below DATA_DIR, and the only place that knows the names in it. Nothing in them comes from a person:
 * songs, tracks and jobs are numbers.
 *
 *     minus-one.json               says that the folder is ours, and its id
 *     lock.sqlite                  held by the process that has the folder
 *     ledger.sqlite
 *     ledger-damaged-<time>.sqlite one that was found damaged, moved aside
 *     incoming/<random>            an upload that is not a song yet
 *     songs/<song>/original        as it was uploaded
 *     songs/<song>/arriving        while nobody was told yet that the song is here for good
 *     songs/<song>/erased          once the song is deleted for good, until its last file is removed
 *     songs/<song>/song.json       what the program knows of it, for `recover`
 *     songs/<song>/person.json     what people made of it, for `recover`
 *     songs/<song>/cover           the picture that came with it
 *     songs/<song>/song.pcm        decoded
 *     songs/<song>/stem-<track>.wav, mix-<file>.wav
 *     songs/<song>/peaks-<track>.u8
 *     songs/<song>/partial-<job>-<attempt>.f32
 *     songs/<song>/rendered-<file>.<format>
 *     reserve                      a little room for deletions on a full disk
 *     lost+found/                  what was in the way and is not ours to delete
 *
 * Beside a file `<name>.part` or `<name>.<random>` is one that is being written, to be moved to that name.
 */
export type Folders = { root: string }

export const MARKER_NAME = 'minus-one.json'
export const LEDGER_NAME = 'ledger.sqlite'
export const LOCK_NAME = 'lock.sqlite'
export const SONGS_NAME = 'songs'
export const INCOMING_NAME = 'incoming'
export const LOST_AND_FOUND_NAME = 'lost+found'

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
/** A number that JavaScript and SQLite both hold exactly. */
const SONG_FOLDER = /^[1-9]\d{0,14}$/
const INCOMING_FILE = new RegExp(`^(?:${UUID}|stretch-\\d+-\\d+\\.flac)$`)
const SONG_FILE = String.raw`(?:original|arriving|erased|song\.json|person\.json|cover|song\.pcm|stem-\d+\.wav|mix-\d+\.wav|peaks-\d+\.u8|partial-\d+-\d+\.f32|rendered-\d+\.\w+)`
const DERIVED_FILE = /^(?:song\.pcm|stem-|mix-|peaks-|partial-)/
const WHOLE_SONG_FILE = new RegExp(`^${SONG_FILE}$`)
const HALF_SONG_FILE = new RegExp(`^${SONG_FILE}\\.(?:part|${UUID})$`)

/** The number of a song whose folder has this name; null where no song's folder is called so. */
export function songIdOf(name: string): number | null {
  return SONG_FOLDER.test(name) ? Number(name) : null
}

/** Whether this program gives such a name to what is on its way in. */
export function isIncomingName(name: string): boolean {
  return INCOMING_FILE.test(name)
}

/** Whether this program gives such a name to a file in a song's folder, written to its end or not. */
export function isSongFileName(name: string): boolean {
  return WHOLE_SONG_FILE.test(name) || isHalfWrittenName(name)
}

/** Whether such a file is made of a song's sound, so that `songBytes` counts it. */
export function isDerivedFileName(name: string): boolean {
  return DERIVED_FILE.test(name)
}

/** Whether such a file is moved to another name when it is whole. */
export function isHalfWrittenName(name: string): boolean {
  return HALF_SONG_FILE.test(name)
}

export const markerPath = ({ root }: Folders): string => join(root, MARKER_NAME)
export const ledgerPath = ({ root }: Folders): string => join(root, LEDGER_NAME)
/** A database with what SQLite keeps beside it: its write-ahead log, and the index of that. */
export const databaseFiles = (path: string): string[] => [path, `${path}-wal`, `${path}-shm`]
export const lockPath = ({ root }: Folders): string => join(root, LOCK_NAME)
export const reservePath = ({ root }: Folders): string => join(root, 'reserve')
export const incomingFolder = ({ root }: Folders): string => join(root, INCOMING_NAME)
export const lostAndFoundFolder = ({ root }: Folders): string => join(root, LOST_AND_FOUND_NAME)
export const songsFolder = ({ root }: Folders): string => join(root, SONGS_NAME)
export const songFolder = (folders: Folders, songId: number): string => join(songsFolder(folders), String(songId))

export function originalPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'original')
}

export function arrivingPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'arriving')
}

export function erasedPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'erased')
}

export function songRecordPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'song.json')
}

export function personRecordPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'person.json')
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
