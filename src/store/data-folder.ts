import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../song/errors.ts'
import { makeFolders } from '../song/make-folders.ts'
import { passingFaultOf } from '../song/passing-fault.ts'
import { describeHolder, type FolderLock, lockFolder } from './folder-lock.ts'
import { writeJsonFile } from './json-file.ts'
import { checkLedgerNow } from './ledger-check.ts'
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
} from './paths.ts'

/** Goes up when an older program would do harm in a folder of a newer one. */
const FORMAT = 1
const MAX_NAMES_SHOWN = 5
/** What a folder of ours may hold beside its mark, its lock and what was lost and found. */
const OUR_NAMES = new RegExp(
  `^(?:${SONGS_NAME}|${INCOMING_NAME}|ledger(?:-damaged-[\\w-]+)?\\.sqlite(?:-wal|-shm|\\.part)?)$`,
)

const Marker = z.object({ format: z.int().positive(), id: z.string().min(1) })

/**
 * Whose a folder is, told without touching it. new: nobody's, it may be taken; marked: ours; unmarked: ours, from a version
 * that set no mark.
 */
export type Ownership = { kind: 'new' } | { kind: 'marked'; id: string } | { kind: 'unmarked' }

/**
 * Looks whether a folder may be used for songs, and changes nothing.
 * Throws a UserError that says what to do where it holds somebody else's files, or songs without their ledger, or is no folder.
 */
export function inspectDataFolder(folders: Folders): Ownership {
  const { root } = folders
  const names = namesIn(root)
  if (names === null) return { kind: 'new' }
  if (names.includes(MARKER_NAME)) return { kind: 'marked', id: readMarker(folders) }
  const otherNames = names.filter((name) => name !== LOST_AND_FOUND_NAME && !name.startsWith(LOCK_NAME))
  if (otherNames.length === 0) return { kind: 'new' }
  if (otherNames.includes(LEDGER_NAME)) {
    const ledger = checkLedgerNow(ledgerPath(folders))
    if (ledger.kind === 'sound') return { kind: 'unmarked' }
    // Nothing of it can be read: what lies beside it has to tell whose it is.
    if (ledger.kind !== 'foreign' && hasOnlyOurFiles(folders, otherNames)) return { kind: 'unmarked' }
  }
  const isLedgerMissing = songIdsWithUpload(folders).length > 0 && hasOnlyOurFiles(folders, otherNames)
  throw isLedgerMissing ? missingLedgerError(folders) : foreignFolderError(root, otherNames)
}

/**
 * Takes a data folder for this process. Of the folder only the lock file has been written then, whoever has it.
 * Throws a UserError where somebody else has it, or it may not be used.
 * @param command what otherNames are told that has it
 */
export function inspectAndLockDataFolder(folders: Folders, command: string): FolderLock {
  inspectDataFolder(folders)
  return lockDataFolder(folders, command)
}

/** The same, whatever is in the folder. */
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
 * Marks a folder as ours, if it is not yet, and makes the folders in it. Only who has taken it may do so.
 * @param id of a new mark: that of the ledger, where there is one
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
    `DATA_DIR: incoming/ and songs/ in ${folders.root} are on two file systems; an upload is moved from one to the other at once. Put all of DATA_DIR on one.`,
    { code: 'config' },
  )
}

/** The numbers of the song folders that hold what was uploaded. */
export function songIdsWithUpload(folders: Folders): number[] {
  return songFolderIds(folders).filter((songId) => existsSync(originalPath(folders, songId)))
}

/** The numbers of all song folders, in order. */
export function songFolderIds(folders: Folders): number[] {
  return (namesIn(songsFolder(folders)) ?? []).flatMap((name) => songIdOf(name) ?? []).sort((a, b) => a - b)
}

/** What to do where songs are there and their ledger is not. */
export function missingLedgerError(folders: Folders): UserError {
  const count = songIdsWithUpload(folders).length
  return new UserError(
    `DATA_DIR: ${folders.root} holds ${count} ${count === 1 ? 'song' : 'songs'}, but not the ledger that knows them. Nothing was touched.\n${ledgerRestoreHint(folders)}`,
    { code: 'ledger-missing' },
  )
}

/** How a ledger comes back. */
export function ledgerRestoreHint({ root }: Folders): string {
  return `  Restore the ledger from a backup (docs/operations.md), or\n  rebuild it from the songs:  minus-one recover --data-dir '${root.replaceAll("'", "'\\''")}'`
}

/** Returns the number of its file system. */
function makeFolder(path: string): number {
  try {
    makeFolders(path)
    readdirSync(path)
    return statSync(path).dev
  } catch (cause) {
    throw new UserError(
      `DATA_DIR: ${path} cannot be used as a folder: ${messageOf(cause)}. Move what is there away, or set DATA_DIR to another folder.`,
      { code: 'config', cause },
    )
  }
}

function tryLocking(folders: Folders, command: string): ReturnType<typeof lockFolder> {
  try {
    return lockFolder(lockPath(folders), command)
  } catch (cause) {
    const isPermanent = passingFaultOf(cause) === null
    const isDamaged = passingFaultOf(cause) === 'ledger-damaged'
    const reason = isDamaged
      ? `${lockPath(folders)} is no lock of ours; stop every server on this folder, then remove that file`
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
      `DATA_DIR: ${path} cannot be read as the mark of a data folder. If the folder is Minus One's, remove that file: it is made anew from the ledger.`,
      { code: 'config', cause },
    )
  }
  if (marker.format <= FORMAT) return marker.id
  throw new UserError(
    `DATA_DIR: ${folders.root} is of format ${marker.format}; this program knows ${FORMAT}. Use a newer Minus One.`,
    { code: 'config' },
  )
}

/** Null where the folder is not there. */
function namesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (code === 'ENOTDIR') {
      throw new UserError(`DATA_DIR: ${folder} is a file, or lies below one. Set DATA_DIR to a folder.`, {
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
  const songs = namesIn(songsFolder(folders)) ?? []
  const incoming = namesIn(incomingFolder(folders)) ?? []
  return names.every(isOurName) && songs.every((name) => songIdOf(name) !== null) && incoming.every(isIncomingName)
}

function foreignFolderError(root: string, names: readonly string[]): UserError {
  const shown = names.slice(0, MAX_NAMES_SHOWN).map((name) => (isFolder(join(root, name)) ? `${name}/` : name))
  const more = names.length > MAX_NAMES_SHOWN ? `, and ${names.length - MAX_NAMES_SHOWN} more` : ''
  return new UserError(
    `DATA_DIR: ${root} holds things that are not Minus One's (${shown.join(', ')}${more}). Nothing was touched.
  Set DATA_DIR to an empty folder, to one that does not exist yet, or to one where Minus One has kept songs before.`,
    { code: 'config' },
  )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
