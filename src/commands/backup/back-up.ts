import { existsSync } from 'node:fs'
import { realpath, rename, rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { messageOf, UserError } from '../../song/errors.ts'
import {
  inspectDataFolder,
  lockDataFolder,
  markDataFolder,
  songFolderIds,
} from '../../store/data-folder/data-folder.ts'
import { describeHolder, findHolder, nearestFolder } from '../../store/data-folder/folder-lock.ts'
import { copyLedger, Database } from '../../store/ledger/database.ts'
import { checkLedger } from '../../store/ledger/ledger-check.ts'
import { getMeta, IS_BACKUP, setMeta } from '../../store/ledger/meta.ts'
import { erasedSongs, knownSongIds } from '../../store/queries/deleted-songs.ts'
import { getSongEvenDeleted } from '../../store/queries/songs.ts'
import { readJsonFile } from '../../store/records/json-file.ts'
import { SongRecord } from '../../store/records/song-record.ts'
import {
  databaseFiles,
  type Folders,
  ledgerPath,
  lockPath,
  setlistsPath,
  songRecordPath,
} from '../../store/song-files/paths.ts'
import { moveToLostAndFound, removeSongFolder } from '../../store/song-files/song-folder.ts'
import { copyChanged, copySong, sizeAndTime } from './copy-song.ts'

export type Backup = {
  songs: number
  files: number
  copied: number
  copiedBytes: number
  /** The process that used the folder during the backup. */
  holder: string | null
  /** Songs whose upload is missing in DATA_DIR. An earlier backup keeps its files of them. */
  missing: number[]
}

/**
 * Copies DATA_DIR to a folder while the server runs: first the ledger as it is at one moment, then the files of the songs in
 * it. Files that an earlier backup has and that have not changed are not copied. The backup is itself a DATA_DIR: a server that
 * is started on it continues from there and repeats unfinished work.
 *
 * Changes an earlier backup only if the ledger is undamaged and belongs to the same data folder. Removes a song from it only if
 * that ledger says that the song was deleted. Otherwise throws a UserError. Also throws a UserError when there is no ledger, or
 * when the target folder holds other files.
 */
export async function backUp({
  from,
  to,
  onSong,
}: {
  from: string
  to: string
  onSong?(done: number, of: number): void
}): Promise<Backup> {
  const [source, target] = [{ root: await realPathOf(from) }, { root: await realPathOf(to) }]
  if (!(await sizeAndTime(ledgerPath(source))))
    throw new UserError(`There is no ledger in ${source.root}. Set DATA_DIR to where the server keeps its songs.`, {
      code: 'config',
    })
  if (`${target.root}/`.startsWith(`${source.root}/`))
    throw new UserError('The backup would lie inside of what is backed up. Choose another folder.', { code: 'usage' })
  refuseForeignFolder(target)
  const lock = lockDataFolder(target, 'minus-one backup')
  try {
    const id = await idOfSound(source)
    await refuseOtherBackup({ target, id, source })
    await markDataFolder(target, id)
    const unfinished = `${ledgerPath(target)}.part`
    for (const path of databaseFiles(unfinished)) await rm(path, { force: true })
    await copyLedger(ledgerPath(source), unfinished)
    const { songs, isDeleted } = readCopy(unfinished)
    const songIds = songs.map(({ id: songId }) => songId)
    const holder = findHolder(lockPath(source))
    const backup: Backup = {
      songs: songIds.length,
      files: 0,
      copied: 0,
      copiedBytes: 0,
      holder: holder && describeHolder(holder),
      missing: [],
    }
    for (const [index, { id: songId, addedAt }] of songs.entries()) {
      const addedBefore = await addedAtOf(target, songId)
      // The earlier backup has another song with this number.
      if (addedBefore !== null && addedAt !== null && addedBefore !== addedAt) moveToLostAndFound(target, songId)
      await copySong({ source, target, songId, backup })
      onSong?.(index + 1, songIds.length)
    }
    await copyChanged({ from: setlistsPath(source), to: setlistsPath(target), backup })
    // SQLite would apply the log of the earlier copy to this one.
    for (const path of databaseFiles(ledgerPath(target)).slice(1)) await rm(path, { force: true })
    await rename(unfinished, ledgerPath(target))
    const known = new Set(songIds)
    for (const songId of songFolderIds(target)) {
      if (!known.has(songId) && isDeleted(songId, await addedAtOf(target, songId)))
        await removeSongFolder(target, songId)
    }
    return backup
  } finally {
    lock.release()
  }
}

function refuseForeignFolder(target: Folders): void {
  try {
    inspectDataFolder(target)
  } catch (cause) {
    throw new UserError(
      `${target.root} holds other files, so it cannot take a backup. Name an empty folder, or one with an earlier backup.\n${messageOf(cause)}`,
      { code: 'usage', cause },
    )
  }
}

/** The id of the data folder. Throws when the ledger is damaged: a damaged ledger must not replace a backup. */
async function idOfSound(source: Folders): Promise<string | null> {
  const found = await checkLedger(ledgerPath(source))
  if (found.kind === 'sound') return found.serverId
  const reason = found.kind === 'damaged' ? found.faults.slice(0, 3).join('; ') : `it is ${found.kind}`
  throw new UserError(
    `The ledger of ${source.root} is damaged (${reason}). Nothing was copied, and an earlier backup was left as it is.\n  Stop the server and run:  minus-one recover --data-dir '${source.root}'`,
    { code: 'ledger-damaged' },
  )
}

/** Marks a copied ledger as a backup, and reads which songs the backup has and which it may remove. */
function readCopy(path: string): {
  songs: { id: number; addedAt: number | null }[]
  isDeleted(songId: number, addedAt: number | null): boolean
} {
  const db = new Database(path)
  setMeta(db, IS_BACKUP, 'yes')
  const songs = knownSongIds(db).map((id) => ({ id, addedAt: getSongEvenDeleted(db, id)?.song.addedAt ?? null }))
  const erased = erasedSongs(db)
  db.close()
  return {
    songs,
    isDeleted: (songId, addedAt) =>
      erased.some((each) => each.songId === songId && (addedAt === null || each.addedAt === addedAt)),
  }
}

/**
 * The time at which a song of a backup was added. It distinguishes the song from another one with the same number. Null if
 * unknown.
 */
async function addedAtOf(target: Folders, songId: number): Promise<number | null> {
  return (await readJsonFile(songRecordPath(target, songId), SongRecord).catch(() => null))?.addedAt ?? null
}

/** The real path of a folder that may not exist yet. Resolves the part of the path that exists. */
async function realPathOf(path: string): Promise<string> {
  const absolute = resolve(path)
  const folder = nearestFolder(absolute)
  return join(await realpath(folder), relative(folder, absolute))
}

/** Throws when the folder holds a backup of another data folder. The mark or the ledger of the earlier backup shows that. */
async function refuseOtherBackup({
  target,
  id,
  source,
}: {
  target: Folders
  id: string | null
  source: Folders
}): Promise<void> {
  const owner = inspectDataFolder(target)
  const before = owner.kind === 'unmarked' ? await checkLedger(ledgerPath(target)) : null
  const otherId = owner.kind === 'marked' ? owner.id : before?.kind === 'sound' ? before.serverId : null
  if (otherId === null || otherId === id) {
    refuseServedBackup(target, owner.kind === 'marked')
    return
  }
  throw new UserError(
    `${target.root} holds a backup of another data folder than ${source.root}; it was left as it is. Name another folder for this one.`,
    { code: 'usage' },
  )
}

/**
 * Throws when a server was started on the backup, for example after the first machine failed. The backup may then hold new
 * songs.
 */
function refuseServedBackup(target: Folders, isMarked: boolean): void {
  if (!isMarked || !existsSync(ledgerPath(target))) return
  const db = new Database(ledgerPath(target))
  const isBackup = getMeta(db, IS_BACKUP) !== undefined
  db.close()
  if (isBackup) return
  throw new UserError(
    `A server was started on ${target.root} after its last backup, and may have songs of its own there. It was left as it is: name another folder.`,
    { code: 'usage' },
  )
}
