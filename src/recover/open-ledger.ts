import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { TRANSIENT_FAULTS, transientFaultOf } from '../platform/transient-fault.ts'
import { assertNever, UserError } from '../song/errors.ts'
import {
  inspectDataFolder,
  ledgerRestoreHint,
  markDataFolder,
  missingLedgerError,
  songFolderIds,
  songIdsWithUpload,
} from '../store/data-folder/data-folder.ts'
import { Database, ledgerVersion, newerLedgerError } from '../store/ledger/database.ts'
import { checkLedger, type LedgerCheck } from '../store/ledger/ledger-check.ts'
import type { LedgerFeed } from '../store/ledger/ledger-feed.ts'
import { clearMeta, getMeta, IS_BACKUP, setMeta } from '../store/ledger/meta.ts'
import { knownSongIds, lastSongId, reserveSongIds } from '../store/queries/deleted-songs.ts'
import { listSongs } from '../store/queries/songs.ts'
import { uploadingSongIds } from '../store/queries/uploads.ts'
import {
  databaseFiles,
  erasedPath,
  type Folders,
  incomingFolder,
  isIncomingName,
  ledgerPath,
  songFolder,
  songsFolder,
  uploadingMarkPath,
} from '../store/song-files/paths.ts'
import { removeEmptySongFolder, removeSongFolder } from '../store/song-files/song-folder.ts'
import { clampFutureDates, confirmUpload, eraseSong } from '../store/transitions/songs.ts'
import { restoreLostSetlists } from './lost-setlists.ts'

const BUSY_RETRY_MS = 500
/** Operating systems flush written data to the disk within half a minute. This doubles that. */
const FLUSHED_WITHIN_MS = 60_000

export type OpenLedger = { db: Database; serverId: string }

/**
 * Opens the ledger of a data folder that this process has locked. Nothing is created or removed before the ledger has passed
 * its check. Afterwards only what is known to be half-written or deleted is removed.
 *
 * Throws a UserError if songs exist without their ledger. Throws one too if the ledger is damaged; then the ledger was moved
 * aside.
 */
export async function openLedger({
  folders,
  isClockTrusted,
  feed,
  log,
}: {
  folders: Folders
  isClockTrusted: boolean
  /** Receives all changes from now on. */
  feed: LedgerFeed
  log: Log
}): Promise<OpenLedger> {
  const found = await retryWhileBusy(log, () => checkLedger(ledgerPath(folders)))
  moveUnusableLedgerAside(folders, found)
  const isUnmarked = inspectDataFolder(folders).kind !== 'marked'
  const db = await retryWhileBusy(
    log,
    async () => new Database(ledgerPath(folders), { isClockTrusted, onCommit: (changes) => feed.deliver(changes) }),
  )
  try {
    assertSongsMatchLedger(db, folders)
    const knownId = getMeta(db, 'server_id')
    const serverId = await markDataFolder(folders, knownId)
    if (knownId === undefined) setMeta(db, 'server_id', serverId)
    else if (knownId !== serverId) throw otherFolderLedgerError(folders)
    clearMeta(db, IS_BACKUP)
    if (isUnmarked) markUploadsOfOlderVersion(db, folders)
    if (isClockTrusted) clampFutureDates(db)
    await restoreSetlists(db, folders, log)
    await removeIncompleteSongs(db, folders, log)
    reserveSongIds(db, Math.max(0, ...songFolderIds(folders)))
    warnAboutUnknownSongs(db, folders, log)
    return { db, serverId }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Repeats `work` while another program locks the ledger. */
async function retryWhileBusy<T>(log: Log, work: () => Promise<T>): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await work()
    } catch (error) {
      if (transientFaultOf(error) !== 'ledger-busy') throw error
      if (isFirst) log.warn(`Server: waiting for the ledger: ${TRANSIENT_FAULTS['ledger-busy'].message}`)
      await setTimeout(BUSY_RETRY_MS)
    }
  }
}

/**
 * Throws a UserError if the ledger and the songs do not belong together: the ledger was just created, or the disk with its
 * songs is not mounted.
 */
function assertSongsMatchLedger(db: Database, folders: Folders): void {
  const onDisk = songIdsWithUpload(folders)
  const isNew = lastSongId(db) === 0
  if (isNew && onDisk.some((songId) => !isIncomplete(folders, songId))) throw missingLedgerError(folders)
  // After a power cut, a song that was added just before it may exist in the ledger only.
  const flushedBefore = db.newestTimeAtOpen - FLUSHED_WITHIN_MS
  const known = new Set(
    listSongs(db).flatMap(({ id, isDecoded, addedAt }) => (isDecoded || addedAt < flushedBefore ? [id] : [])),
  )
  if (known.size === 0 || onDisk.some((songId) => known.has(songId))) return
  throw new UserError(
    `DATA_DIR: the ledger in ${folders.root} contains songs (${shortList([...known])}), but none of them is in ${songsFolder(folders)}. Nothing was touched.
  If a disk is not mounted, mount it and start again. If the songs are lost, move ledger.sqlite away. The server then starts with an empty ledger.`,
    { code: 'songs-missing' },
  )
}

function otherFolderLedgerError(folders: Folders): UserError {
  return new UserError(
    `DATA_DIR: the ledger in ${folders.root} belongs to another data folder. Nothing was touched.\n${ledgerRestoreHint(folders)}`,
    { code: 'ledger-of-another' },
  )
}

/** Throws a UserError if the ledger cannot be used. A damaged one is moved aside first. */
function moveUnusableLedgerAside(folders: Folders, found: LedgerCheck): void {
  const path = ledgerPath(folders)
  switch (found.kind) {
    case 'sound':
      if (found.version > ledgerVersion()) throw newerLedgerError(path, found.version)
      return
    case 'missing':
      if (songIdsWithUpload(folders).length > 0) throw missingLedgerError(folders)
      return
    case 'empty':
      if (songIdsWithUpload(folders).length > 0)
        throw moveDamagedLedgerAside(folders, { faults: ['it is empty'], tables: [] })
      return
    case 'foreign':
      throw moveDamagedLedgerAside(folders, { faults: ['it is the database of another program'], tables: [] })
    case 'damaged':
      throw moveDamagedLedgerAside(folders, found)
    default:
      assertNever(found)
  }
}

function moveDamagedLedgerAside(
  folders: Folders,
  { faults, tables }: { faults: string[]; tables: string[] },
): UserError {
  const aside = moveLedgerAside(folders)
  const count = songIdsWithUpload(folders).length
  const concerned = tables.length > 0 ? ` Damaged tables: ${tables.join(', ')}.` : ''
  return new UserError(
    `The ledger ${ledgerPath(folders)} is damaged: ${faults.slice(0, 3).join('; ')}.${concerned}
It was moved to ${aside}. The ${count} ${count === 1 ? 'song' : 'songs'} beside it were not touched.\n${ledgerRestoreHint(folders)}`,
    { code: 'ledger-damaged' },
  )
}

/** Whether a crash interrupted a song's upload or its removal. Then nobody was told that the song is safe. */
export function isIncomplete(folders: Folders, songId: number): boolean {
  return [uploadingMarkPath, erasedPath].some((pathOf) => existsSync(pathOf(folders, songId)))
}

/**
 * Moves the ledger aside.
 * @returns its new path
 */
export function moveLedgerAside(folders: Folders): string {
  const time = new Date().toISOString().replace(/[:.]/g, '-')
  const aside = join(folders.root, `ledger-damaged-${time}.sqlite`)
  const places = databaseFiles(aside)
  for (const [index, path] of databaseFiles(ledgerPath(folders)).entries()) {
    if (existsSync(path)) renameSync(path, places[index] ?? aside)
  }
  return aside
}

/** Older versions did not create the mark `arriving`, so the ledger alone knows which uploads were cut off. */
function markUploadsOfOlderVersion(db: Database, folders: Folders): void {
  for (const songId of uploadingSongIds(db)) {
    if (existsSync(songFolder(folders, songId))) writeFileSync(uploadingMarkPath(folders, songId), '')
  }
}

/** Removes what a crash left: files in incoming/, songs whose upload was cut off, and songs whose removal had begun. */
async function removeIncompleteSongs(db: Database, folders: Folders, log: Log): Promise<void> {
  for (const name of await readdir(incomingFolder(folders))) {
    if (isIncomingName(name)) await rm(join(incomingFolder(folders), name), { force: true })
  }
  const uploading = new Set(uploadingSongIds(db))
  const known = new Set(knownSongIds(db))
  for (const songId of songFolderIds(folders)) {
    const isErased = existsSync(erasedPath(folders, songId)) && !known.has(songId)
    const isHalfAdded = existsSync(uploadingMarkPath(folders, songId)) && (uploading.has(songId) || !known.has(songId))
    if (isErased || isHalfAdded) {
      log.info(
        { songId },
        `Server: Music[${songId}] - ${isErased ? 'was deleted' : 'was not uploaded completely'}; its files are removed.`,
      )
      eraseSong(db, songId)
      await removeSongFolder(folders, songId)
    } else if (!known.has(songId) && (await removeEmptySongFolder(folders, songId))) {
      log.info({ songId }, `Server: Music[${songId}] - its folder is empty and is removed.`)
    } else {
      // The ledger decides: the upload was complete, or the song was not erased after all.
      for (const mark of [uploadingMarkPath, erasedPath]) await rm(mark(folders, songId), { force: true })
    }
  }
  for (const songId of uploading) {
    if (existsSync(songFolder(folders, songId))) confirmUpload(db, songId)
    else eraseSong(db, songId)
  }
}

async function restoreSetlists(db: Database, folders: Folders, log: Log): Promise<void> {
  const { restored, unreadable } = await restoreLostSetlists(db, folders)
  if (unreadable) log.warn(`Server: setlists.json is unreadable and was moved to ${unreadable}.`)
  if (restored > 0)
    log.warn(`Server: ${restored} setlists were restored from setlists.json, because the ledger had lost them.`)
}

function warnAboutUnknownSongs(db: Database, folders: Folders, log: Log): void {
  const known = new Set(knownSongIds(db))
  const unknown = songIdsWithUpload(folders).filter((songId) => !known.has(songId))
  if (unknown.length === 0) return
  log.warn(
    `Server: the ledger does not know ${unknown.length} of the songs in ${folders.root} (${shortList(unknown)}). They are not touched. To add them, stop the server and run 'minus-one recover'.`,
  )
}

function shortList(songIds: readonly number[]): string {
  return songIds.length > 10 ? `${songIds.slice(0, 10).join(', ')} …` : songIds.join(', ')
}
