import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from '../platform/names-in.ts'
import type { Database } from '../store/ledger/database.ts'
import { moveUnreadableAside, readJsonFile } from '../store/records/json-file.ts'
import { applySetlistsRecord, SetlistsRecord } from '../store/records/setlists-record.ts'
import { type Folders, isHalfWrittenSetlists, setlistsPath } from '../store/song-files/paths.ts'

/**
 * Takes the setlists that the ledger has lost from setlists.json: all of them after it was rebuilt, the newer ones if it is an
 * older copy.
 * @returns how many were taken, and the new path of the file if it is unreadable and was moved aside
 */
export async function restoreLostSetlists(
  db: Database,
  folders: Folders,
): Promise<{ restored: number; unreadable: string | null }> {
  for (const name of await namesIn(folders.root)) {
    if (isHalfWrittenSetlists(name)) await rm(join(folders.root, name), { force: true })
  }
  let unreadable: string | null = null
  const record = await readJsonFile(setlistsPath(folders), SetlistsRecord).catch(async () => {
    unreadable = await moveUnreadableAside(setlistsPath(folders))
    return null
  })
  return { restored: record ? applySetlistsRecord(db, record) : 0, unreadable }
}
