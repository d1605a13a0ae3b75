import { lchownSync, lstatSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../../config.ts'
import { printableLine } from '../../platform/printable.ts'
import { restoreLostSetlists } from '../../recover/lost-setlists.ts'
import { isIncomplete, moveLedgerAside } from '../../recover/open-ledger.ts'
import { type Recovered, recoverSong } from '../../recover/recover-song.ts'
import { messageOf, UserError } from '../../song/errors.ts'
import {
  inspectDataFolder,
  lockDataFolder,
  markDataFolder,
  songIdsWithUpload,
} from '../../store/data-folder/data-folder.ts'
import { Database } from '../../store/ledger/database.ts'
import { checkLedger } from '../../store/ledger/ledger-check.ts'
import { getMeta, setMeta } from '../../store/ledger/meta.ts'
import { knownSongIds, lastSongId, reserveSongIds } from '../../store/queries/deleted-songs.ts'
import { applyLostChanges } from '../../store/records/lost-changes.ts'
import { type Folders, ledgerPath, songsFolder } from '../../store/song-files/paths.ts'
import { openOwnModels } from '../model-folders.ts'
import { print } from '../terminal.ts'

/**
 * `minus-one recover`: adds the songs in DATA_DIR that its ledger does not contain, and the changes that users made after the
 * ledger was saved. Makes a ledger if there is none, moves a damaged one aside, and keeps an undamaged one. A second run
 * changes nothing. Resolves to whether the ledger contains all songs now.
 */
export async function recover({ config }: { config: Config }): Promise<boolean> {
  const folders: Folders = { root: resolve(config.DATA_DIR) }
  refuseUnlessOurs(folders)
  const defaultModel = (await openOwnModels(config)).find(config.MODEL)
  const lock = lockDataFolder(folders, 'minus-one recover')
  try {
    const db = await openOrMake(folders)
    const songIds = songIdsWithUpload(folders)
    reserveSongIds(db, Math.max(0, ...songIds))
    await recoverSetlists(db, folders)
    const known = knownSongIds(db)
    for (const songId of known) {
      if (await applyLostChanges({ db, folders, songId }))
        print(`Song ${songId}: its names and its mix are taken from person.json, which is newer than the ledger.`)
    }
    // A kill may have interrupted the upload or the removal of a song. The next start of the server removes such songs.
    const unknown = songIds.filter((songId) => !known.includes(songId) && !isIncomplete(folders, songId))
    let failed = 0
    for (const [index, songId] of unknown.entries()) {
      const place = `${index + 1} of ${unknown.length}`
      try {
        const maxSeconds = config.MAX_SONG_MINUTES * 60
        printRecovered(place, await recoverSong({ db, folders, songId, defaultModel, maxSeconds }))
      } catch (error) {
        failed++
        print(`${place}: song ${songId} could not be recovered: ${messageOf(error)} Its folder was left as it is.`)
      }
    }
    db.close()
    giveToOwner(folders.root)
    const recovered = unknown.length - failed
    print(
      `Known before: ${counted(known.length)}. Recovered: ${counted(recovered)}.${failed > 0 ? ` Not recovered: ${counted(failed)}.` : ''}`,
    )
    if (recovered > 0) print('You can start the server now.')
    return failed === 0
  } finally {
    lock.release()
  }
}

async function recoverSetlists(db: Database, folders: Folders): Promise<void> {
  const { restored, unreadable } = await restoreLostSetlists(db, folders)
  if (restored > 0) print(`Setlists taken from setlists.json: ${restored}.`)
  if (unreadable) print(`setlists.json could not be read, and is now ${unreadable}`)
}

function refuseUnlessOurs(folders: Folders): void {
  try {
    inspectDataFolder(folders)
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'ledger-missing') throw error
  }
  if (songIdsWithUpload(folders).length > 0) return
  throw new UserError(
    `There is no song to recover in ${songsFolder(folders)}. Set DATA_DIR, or --data-dir, to where the server kept its songs.`,
    { code: 'config' },
  )
}

/** Opens the ledger if it is sound and belongs to this folder. Otherwise moves it aside and makes a new one. */
async function openOrMake(folders: Folders): Promise<Database> {
  const path = ledgerPath(folders)
  const found = await checkLedger(path)
  if (found.kind === 'damaged' || found.kind === 'foreign' || found.kind === 'empty') {
    const reason = found.kind === 'damaged' ? `is damaged (${found.faults[0]})` : WHY_NOT[found.kind]
    print(`The ledger ${reason}. It was moved to ${moveLedgerAside(folders)}.`)
  }
  const db = new Database(path)
  const serverId = await markDataFolder(folders, getMeta(db, 'server_id'))
  const isOfAnother = (getMeta(db, 'server_id') ?? serverId) !== serverId && lastSongId(db) > 0
  if (!isOfAnother) {
    setMeta(db, 'server_id', serverId)
    return db
  }
  db.close()
  print(`The ledger belongs to another data folder. It was moved to ${moveLedgerAside(folders)}.`)
  const own = new Database(path)
  setMeta(own, 'server_id', serverId)
  return own
}

const WHY_NOT = { foreign: 'is not a ledger of Minus One', empty: 'is empty' }

function printRecovered(place: string, song: Recovered): void {
  const { songId, title, band, blocks, ofBlocks, wasAsked, unreadable } = song
  const name = band ? `${band} - ${title}` : title
  print(`${place}: song ${songId}, ${printableLine(name)}: ${whatIsThere({ blocks, ofBlocks, wasAsked })}`)
  for (const path of unreadable) print(`  a record of it could not be read, and is now ${path}`)
}

function whatIsThere({ blocks, ofBlocks, wasAsked }: Pick<Recovered, 'blocks' | 'ofBlocks' | 'wasAsked'>): string {
  if (!wasAsked) return 'as it was uploaded'
  if (ofBlocks === null || blocks === 0) return 'as it was uploaded; it is separated again'
  if (blocks === ofBlocks) return 'whole, with its stems'
  return `${blocks} of ${ofBlocks} parts of its stems are there, the rest is separated again`
}

function counted(songs: number): string {
  return songs === 1 ? '1 song' : `${songs} songs`
}

/** Gives files that root has made to the owner of the folder, because the server of that user has to write them. */
function giveToOwner(root: string): void {
  const { uid, gid } = lstatSync(root)
  if (process.getuid?.() !== 0 || uid === 0) return
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (lstatSync(path).uid === 0) lchownSync(path, uid, gid)
  }
}
