import type { Database } from '../ledger/database.ts'
import { getSong } from '../queries/songs.ts'
import { type Folders, personRecordPath } from '../song-files/paths.ts'
import { putLyricsRecord } from '../tables/lyrics.ts'
import { putPracticeSettings } from '../tables/practice-settings.ts'
import { renameSong, requestMix, restoreSong } from '../transitions/songs.ts'
import { readJsonFile } from './json-file.ts'
import { isSameRecord, PersonRecord, personRecordOf } from './song-record.ts'

/**
 * Applies person.json to a song if it was saved after the newest time in the ledger. The ledger has then lost later changes:
 * its write-ahead log is missing, or it is an older copy. This can restore a deleted song, but never deletes one. Practice
 * settings and words have a version, which tells better than the time whether the ledger has lost them.
 * @returns whether anything was applied
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
  if (!person || !known || person.savedAt <= db.newestTimeAtOpen) return false
  const isPracticeLost = (person.practice?.version ?? 0) > (known.practice?.version ?? 0)
  const practice = isPracticeLost ? person.practice : known.practice
  const areLyricsLost = (person.lyrics?.revision ?? 0) > (known.lyrics?.revision ?? 0)
  const lyrics = areLyricsLost ? person.lyrics : known.lyrics
  if (isSameRecord({ ...person, practice, lyrics }, known)) return false
  if (person.deletedAt === null) restoreSong(db, songId)
  renameSong(db, { songId, title: person.title, band: person.band })
  const tracks = getSong(db, songId)?.tracks ?? []
  const kept = tracks.flatMap(({ id, stem }) => (person.kept?.includes(stem) ? [id] : []))
  if (kept.length > 0) requestMix(db, { songId, tracks: kept })
  if (isPracticeLost && practice) putPracticeSettings(db, { songId, ...practice })
  if (areLyricsLost && lyrics) putLyricsRecord(db, { songId, ...lyrics })
  return true
}
