import type { Database } from './database.ts'
import { readJsonFile } from './json-file.ts'
import { type Folders, personRecordPath } from './paths.ts'
import { isSameRecord, PersonRecord, personRecordOf } from './song-record.ts'
import { getSong } from './songs.ts'
import { renameSong, requestMix, restoreSong } from './transitions/songs.ts'

/**
 * Gives a song that the ledger knows what people made of it, by its person.json, where that was saved after the ledger's
 * newest time: the ledger has lost what came after it, as with its write-ahead log, or is an older copy. A song that was deleted
 * and restored since is restored; none is deleted by this. Returns whether there was anything.
 */
export async function applyLostChanges({
  db,
  folders,
  songId,
}: {
  db: Database
  folders: Folders
  songId: number
}): Promise<boolean> {
  const person = await readJsonFile(personRecordPath(folders, songId), PersonRecord).catch(() => null)
  const known = personRecordOf(db, songId)
  if (!person || !known || person.savedAt <= db.newestTimeAtOpen || isSameRecord(person, known)) return false
  if (person.deletedAt === null) restoreSong(db, songId)
  renameSong(db, { songId, title: person.title, band: person.band })
  const tracks = getSong(db, songId)?.tracks ?? []
  const kept = tracks.flatMap(({ id, stem }) => (person.kept?.includes(stem) ? [id] : []))
  if (kept.length > 0) requestMix(db, { songId, kept })
  return true
}
