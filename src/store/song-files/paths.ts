import { join } from 'node:path'

/**
 * The only module that builds paths below DATA_DIR and knows the names in it. Paths never contain text from users: songs,
 * tracks and jobs are numbers.
 *
 *     minus-one.json               marks the folder as ours, and holds its id
 *     lock.sqlite                  the lock of the process that uses the folder
 *     ledger.sqlite
 *     ledger-damaged-<time>.sqlite a damaged ledger that was moved aside
 *     setlists.json                all setlists, for a lost ledger
 *     incoming/<random>            an upload that is not a song yet, or an export that is being written
 *     incoming/stretch-<process>-<number>.flac a block that is being encoded
 *     songs/<song>/original        the uploaded file
 *     songs/<song>/arriving        exists until the upload is complete and flushed
 *     songs/<song>/erased          exists while the files of an erased song are removed
 *     songs/<song>/song.json       what the program knows about the song, for `recover`
 *     songs/<song>/person.json     what users changed, for `recover`
 *     songs/<song>/cover           the picture from the uploaded file
 *     songs/<song>/song.pcm        decoded
 *     songs/<song>/stem-<track>.wav, mix-<file>.wav
 *     songs/<song>/peaks-<track>.u8
 *     songs/<song>/partial-<job>-<attempt>.f32
 *     songs/<song>/rendered-<file>.<format>
 *     reserve                      space that is freed for deletions on a full disk
 *     lost+found/                  unknown files that were moved out of the way
 *
 * `<name>.part` and `<name>.<random>` are files that are still being written. They are renamed to `<name>` when complete.
 */
export type Folders = { root: string }

export const MARKER_NAME = 'minus-one.json'
export const LEDGER_NAME = 'ledger.sqlite'
export const LOCK_NAME = 'lock.sqlite'
export const SONGS_NAME = 'songs'
export const INCOMING_NAME = 'incoming'
export const LOST_AND_FOUND_NAME = 'lost+found'
export const SETLISTS_NAME = 'setlists.json'

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
/** At most 15 digits, which JavaScript and SQLite both represent exactly. */
const SONG_FOLDER = /^[1-9]\d{0,14}$/
const INCOMING_FILE = new RegExp(`^(?:${UUID}|stretch-\\d+-\\d+\\.flac)$`)
const SONG_FILE = String.raw`(?:original|arriving|erased|song\.json|person\.json|cover|song\.pcm|stem-\d+\.wav|mix-\d+\.wav|peaks-\d+\.u8|partial-\d+-\d+\.f32|rendered-\d+\.\w+)`
const HALF_SETLISTS = new RegExp(`^setlists\\.json\\.${UUID}$`)
const DERIVED_FILE = /^(?:song\.pcm|stem-|mix-|peaks-|partial-)/
const WHOLE_SONG_FILE = new RegExp(`^${SONG_FILE}$`)
const HALF_SONG_FILE = new RegExp(`^${SONG_FILE}\\.(?:part|${UUID})$`)

/** Returns the id of the song whose folder has this name, or null if it is not the name of a song folder. */
export function songIdOf(name: string): number | null {
  return SONG_FOLDER.test(name) ? Number(name) : null
}

/** Whether the program gives such a name to a file in incoming/. */
export function isIncomingName(name: string): boolean {
  return INCOMING_FILE.test(name)
}

/** Whether the program gives such a name to a file in a song's folder, complete or half-written. */
export function isSongFileName(name: string): boolean {
  return WHOLE_SONG_FILE.test(name) || isHalfWrittenName(name)
}

/** Whether the file is derived from a song's sound, so that `songBytes` counts it. */
export function isDerivedFileName(name: string): boolean {
  return DERIVED_FILE.test(name)
}

/** Whether the file is still being written, and gets its final name when it is complete. */
export function isHalfWrittenName(name: string): boolean {
  return HALF_SONG_FILE.test(name)
}

/** Whether the file is a setlists.json that was not written to its end. */
export function isHalfWrittenSetlists(name: string): boolean {
  return HALF_SETLISTS.test(name)
}

export const markerPath = ({ root }: Folders): string => join(root, MARKER_NAME)
export const ledgerPath = ({ root }: Folders): string => join(root, LEDGER_NAME)
/** The files of a database: itself, its write-ahead log, and the index of that log. */
export const databaseFiles = (path: string): string[] => [path, `${path}-wal`, `${path}-shm`]
export const lockPath = ({ root }: Folders): string => join(root, LOCK_NAME)
export const setlistsPath = ({ root }: Folders): string => join(root, SETLISTS_NAME)
export const reservePath = ({ root }: Folders): string => join(root, 'reserve')
export const incomingFolder = ({ root }: Folders): string => join(root, INCOMING_NAME)
export const lostAndFoundFolder = ({ root }: Folders): string => join(root, LOST_AND_FOUND_NAME)
export const songsFolder = ({ root }: Folders): string => join(root, SONGS_NAME)
export const songFolder = (folders: Folders, songId: number): string => join(songsFolder(folders), String(songId))

export function originalPath(folders: Folders, songId: number): string {
  return join(songFolder(folders, songId), 'original')
}

export function uploadingMarkPath(folders: Folders, songId: number): string {
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

/** The WAV file of a stem or, without a track, of a mix. */
export function soundPath(
  folders: Folders,
  { id, songId, trackId }: { id: number; songId: number; trackId: number | null },
): string {
  return trackId === null ? mixPath(folders, { songId, fileId: id }) : stemPath(folders, { songId, trackId })
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
