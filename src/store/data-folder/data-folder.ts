import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolders } from '../../platform/make-folders.ts'
import { transientFaultOf } from '../../platform/transient-fault.ts'
import { messageOf, UserError } from '../../song/errors.ts'
import { checkLedgerNow } from '../ledger/ledger-check.ts'
import { writeJsonFile } from '../records/json-file.ts'
import {
  type Folders,
  INCOMING_NAME,
  incomingFolder,
  isIncomingName,
  LEDGER_NAME,
  LOCK_NAME,
  LOST_AND_FOUND_NAME,
  ledgerPath,
  lockPath,
  MARKER_NAME,
  markerPath,
  originalPath,
  SONGS_NAME,
  songIdOf,
  songsFolder,
} from '../song-files/paths.ts'
import { describeHolder, type FolderLock, lockFolder } from './folder-lock.ts'

/** Raised when an older program would damage a folder of the new format. */
const FORMAT = 1
const MAX_NAMES_SHOWN = 5
/** Names that the program creates in DATA_DIR, besides the marker, the lock and lost+found/. */
const OUR_NAMES = new RegExp(
  `^(?:${SONGS_NAME}|${INCOMING_NAME}|ledger(?:-damaged-[\\w-]+)?\\.sqlite(?:-wal|-shm|\\.part)?|setlists\\.json(?:\\.[\\w-]+)?)$`,
)

const Marker = z.object({ format: z.int().positive(), id: z.string().min(1) })

/**
 * Who owns a folder. new: nobody, so the server may use it; marked: it has our marker file; unmarked: a version without
 * marker files created it.
 */
export type Ownership = { kind: 'new' } | { kind: 'marked'; id: string } | { kind: 'unmarked' }

/**
 * Checks whether a folder may be used as DATA_DIR. Changes nothing. Throws a UserError with instructions if the folder holds
 * files of other programs, holds songs without their ledger, or is not a folder.
 */
export function inspectDataFolder(folders: Folders): Ownership {
  const { root } = folders
  const names = readNames(root)
  if (names === null) return { kind: 'new' }
  if (names.includes(MARKER_NAME)) return { kind: 'marked', id: readMarker(folders) }
  const otherNames = names.filter((name) => name !== LOST_AND_FOUND_NAME && !name.startsWith(LOCK_NAME))
  if (otherNames.length === 0) return { kind: 'new' }
  if (otherNames.includes(LEDGER_NAME)) {
    const ledger = checkLedgerNow(ledgerPath(folders))
    if (ledger.kind === 'sound') return { kind: 'unmarked' }
    // The ledger is unreadable, so the names beside it decide who owns the folder.
    if (ledger.kind !== 'foreign' && hasOnlyOurFiles(folders, otherNames)) return { kind: 'unmarked' }
  }
  const isLedgerMissing = songIdsWithUpload(folders).length > 0 && hasOnlyOurFiles(folders, otherNames)
  throw isLedgerMissing ? missingLedgerError(folders) : foreignFolderError(root, otherNames)
}

/**
 * Checks a data folder and locks it for this process. Writes nothing but the lock file. Throws a UserError if another
 * process holds the lock, or if the folder may not be used.
 * @param command what other processes are told about the holder of the lock
 */
export function inspectAndLockDataFolder(folders: Folders, command: string): FolderLock {
  inspectDataFolder(folders)
  return lockDataFolder(folders, command)
}

/** Locks a data folder without checking what it holds. */
export function lockDataFolder(folders: Folders, command: string): FolderLock {
  const { root } = folders
  const taken = tryLocking(folders, command)
  if (taken.lock) return taken.lock
  throw new UserError(
    `DATA_DIR: ${root} is in use by ${describeHolder(taken.holder)}. Stop that, or set DATA_DIR to another folder.`,
    { code: 'folder-in-use' },
  )
}

/**
 * Writes the marker file if it is missing, and creates the subfolders. The caller must hold the lock.
 * @param id for a new marker: the id in the ledger, if there is one
 * @returns the folder's id
 */
export async function markDataFolder(folders: Folders, id?: string | null): Promise<string> {
  const known = inspectDataFolder(folders)
  const isMarked = known.kind === 'marked'
  const ownId = isMarked ? known.id : (id ?? randomBytes(6).toString('hex'))
  if (!isMarked) {
    await writeJsonFile(markerPath(folders), {
      about: 'This folder belongs to Minus One, which keeps songs here. Keep your own files elsewhere.',
      format: FORMAT,
      id: ownId,
    })
  }
  const incoming = makeFolder(incomingFolder(folders))
  const songs = makeFolder(songsFolder(folders))
  if (incoming === songs) return ownId
  throw new UserError(
    `DATA_DIR: incoming/ and songs/ in ${folders.root} are on different file systems, so an upload cannot be moved from one to the other. Put all of DATA_DIR on one file system.`,
    { code: 'config' },
  )
}

/** Ids of the song folders that contain an uploaded file, in order. */
export function songIdsWithUpload(folders: Folders): number[] {
  return songFolderIds(folders).filter((songId) => existsSync(originalPath(folders, songId)))
}

/** Ids of all song folders, in order. */
export function songFolderIds(folders: Folders): number[] {
  return (readNames(songsFolder(folders)) ?? []).flatMap((name) => songIdOf(name) ?? []).sort((a, b) => a - b)
}

/** The error for a folder with songs but without their ledger. */
export function missingLedgerError(folders: Folders): UserError {
  const count = songIdsWithUpload(folders).length
  return new UserError(
    `DATA_DIR: ${folders.root} holds ${count} ${count === 1 ? 'song' : 'songs'}, but not the ledger that belongs to them. Nothing was touched.\n${ledgerRestoreHint(folders)}`,
    { code: 'ledger-missing' },
  )
}

/** Instructions for getting a ledger back. They end every error about a missing or damaged ledger. */
export function ledgerRestoreHint({ root }: Folders): string {
  return `  Restore the ledger from a backup (docs/operations.md), or\n  rebuild it from the songs:  minus-one recover --data-dir '${root.replaceAll("'", "'\\''")}'`
}

/** @returns the device number of its file system */
function makeFolder(path: string): number {
  try {
    makeFolders(path)
    readdirSync(path)
    return statSync(path).dev
  } catch (cause) {
    throw new UserError(
      `DATA_DIR: ${path} cannot be used as a folder: ${messageOf(cause)}. Move it away, or set DATA_DIR to another folder.`,
      { code: 'config', cause },
    )
  }
}

function tryLocking(folders: Folders, command: string): ReturnType<typeof lockFolder> {
  try {
    return lockFolder(lockPath(folders), command)
  } catch (cause) {
    const isPermanent = transientFaultOf(cause) === null
    const isDamaged = transientFaultOf(cause) === 'ledger-damaged'
    const reason = isDamaged
      ? `${lockPath(folders)} is not a Minus One lock file; stop every server on this folder, then remove that file`
      : isPermanent
        ? messageOf(cause)
        : `it cannot be written (${messageOf(cause)})`
    throw new UserError(
      `DATA_DIR: ${folders.root} cannot be used: ${reason}. Set DATA_DIR to a folder that this user may write, on a disk that is not read-only.`,
      { code: 'config', cause },
    )
  }
}

function readMarker(folders: Folders): string {
  const path = markerPath(folders)
  let marker: z.infer<typeof Marker>
  try {
    marker = Marker.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new UserError(
      `DATA_DIR: ${path} is not a valid marker of a data folder. If the folder belongs to Minus One, remove that file. It is created again from the ledger.`,
      { code: 'config', cause },
    )
  }
  if (marker.format <= FORMAT) return marker.id
  throw new UserError(
    `DATA_DIR: ${folders.root} has format ${marker.format}, but this program supports only ${FORMAT}. Use a newer Minus One.`,
    { code: 'config' },
  )
}

/** Returns null if the folder does not exist. */
function readNames(folder: string): string[] | null {
  try {
    return readdirSync(folder)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (code === 'ENOTDIR') {
      throw new UserError(`DATA_DIR: ${folder} is a file, or is inside one. Set DATA_DIR to a folder.`, {
        code: 'config',
        cause,
      })
    }
    throw new UserError(
      `DATA_DIR: ${folder} cannot be read: ${messageOf(cause)}. Set DATA_DIR to a folder that this user may read and write.`,
      { code: 'config', cause },
    )
  }
}

function hasOnlyOurFiles(folders: Folders, names: readonly string[]): boolean {
  const isOurName = (name: string) => OUR_NAMES.test(name)
  const songs = readNames(songsFolder(folders)) ?? []
  const incoming = readNames(incomingFolder(folders)) ?? []
  return names.every(isOurName) && songs.every((name) => songIdOf(name) !== null) && incoming.every(isIncomingName)
}

function foreignFolderError(root: string, names: readonly string[]): UserError {
  const shown = names.slice(0, MAX_NAMES_SHOWN).map((name) => (isFolder(join(root, name)) ? `${name}/` : name))
  const more = names.length > MAX_NAMES_SHOWN ? `, and ${names.length - MAX_NAMES_SHOWN} more` : ''
  return new UserError(
    `DATA_DIR: ${root} holds files that are not Minus One's (${shown.join(', ')}${more}). Nothing was touched.
  Set DATA_DIR to an empty folder, to one that does not exist yet, or to one where Minus One has kept songs before.`,
    { code: 'config' },
  )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
