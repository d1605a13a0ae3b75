import { isDeepStrictEqual } from 'node:util'
import type { Lyrics } from '../../song/lyrics.ts'
import type { Database } from '../ledger/database.ts'

/** More versions of a song's words are of no use to anybody, and all of them are in person.json. The oldest goes first. */
export const MAX_LYRICS_VERSIONS = 8

/** The words of a song that are in use. @property revision 0 if it never had any, and one more with each change */
export type LyricsInUse = { lyrics: Lyrics | null; version: number | null; revision: number }

export type LyricsVersion = { version: number; savedAt: number; lyrics: Lyrics }

/** All that is known of a song's words, as person.json has it. */
export type LyricsRecord = { revision: number; version: number | null; versions: readonly LyricsVersion[] }

/** @property version the version in use, or null */
export type LyricsOutcome = { kind: 'saved' | 'changed-elsewhere'; revision: number; version: number | null }

export function lyricsOf(db: Database, songId: number): LyricsInUse {
  const row = db.one<{ revision: number; version: number | null }>(
    'SELECT revision, version FROM lyrics WHERE song_id = ?',
    songId,
  )
  const { revision, version } = row ?? { revision: 0, version: null }
  return { revision, version, lyrics: version === null ? null : lyricsVersionOf(db, { songId, version }) }
}

export function lyricsVersionOf(db: Database, { songId, version }: { songId: number; version: number }): Lyrics | null {
  const sql = 'SELECT lyrics FROM lyrics_versions WHERE song_id = ? AND version = ?'
  const row = db.one<{ lyrics: string }>(sql, songId, version)
  return row ? (JSON.parse(row.lyrics) as Lyrics) : null
}

/** The newest first. */
export function lyricsVersionsOf(db: Database, songId: number): LyricsVersion[] {
  const sql = 'SELECT version, saved_at, lyrics FROM lyrics_versions WHERE song_id = ? ORDER BY version DESC'
  return db.all<{ version: number; saved_at: number; lyrics: string }>(sql, songId).map((row) => {
    return { version: row.version, savedAt: row.saved_at, lyrics: JSON.parse(row.lyrics) as Lyrics }
  })
}

/**
 * Saves words that are based on `revision`, as a new version or in place of one, and uses them. If the ledger has another
 * revision, nothing is changed. Words that are in use already are no change. Durable.
 * @param replaced a version that the caller has saved before; null for a new one
 */
export function saveLyrics(
  db: Database,
  {
    songId,
    lyrics,
    revision,
    replaced = null,
  }: { songId: number; lyrics: Lyrics; revision: number; replaced?: number | null },
): LyricsOutcome {
  return changeLyrics(db, { songId, revision }, (known) => {
    if (known.lyrics && isDeepStrictEqual(known.lyrics, lyrics)) return { version: known.version, isChange: false }
    const version = replaced ?? newestVersion(db, songId) + 1
    const sql = 'INSERT OR REPLACE INTO lyrics_versions (song_id, version, saved_at, lyrics) VALUES (?, ?, ?, ?)'
    db.change(sql, songId, version, db.now(), JSON.stringify(lyrics))
    removeOldest(db, { songId, used: version })
    return { version, isChange: true }
  })
}

/**
 * Uses an earlier version again, or none. Durable.
 * @returns undefined if there is no such version
 */
export function useLyricsVersion(
  db: Database,
  { songId, version, revision }: { songId: number; version: number | null; revision: number },
): LyricsOutcome | undefined {
  if (version !== null && !lyricsVersionOf(db, { songId, version })) return undefined
  return changeLyrics(db, { songId, revision }, (known) => {
    return { version, isChange: version !== known.version }
  })
}

/** All versions of a song's words; null if it never had any. */
export function lyricsRecordOf(db: Database, songId: number): LyricsRecord | null {
  const { revision, version } = lyricsOf(db, songId)
  return revision === 0 ? null : { revision, version, versions: lyricsVersionsOf(db, songId) }
}

/** Writes words whatever the ledger has, as when a song is recovered. */
export function putLyricsRecord(
  db: Database,
  { songId, revision, version, versions }: LyricsRecord & { songId: number },
): void {
  db.transaction(() => {
    db.change('DELETE FROM lyrics_versions WHERE song_id = ?', songId)
    const sql = 'INSERT INTO lyrics_versions (song_id, version, saved_at, lyrics) VALUES (?, ?, ?, ?)'
    for (const { version: each, savedAt, lyrics } of versions)
      db.insert(sql, songId, each, savedAt, JSON.stringify(lyrics))
    const isKept = versions.some((each) => each.version === version)
    putInUse(db, { songId, revision, version: isKept ? version : null })
  })
}

function changeLyrics(
  db: Database,
  { songId, revision }: { songId: number; revision: number },
  change: (known: LyricsInUse) => { version: number | null; isChange: boolean },
): LyricsOutcome {
  const save = (): LyricsOutcome => {
    const known = lyricsOf(db, songId)
    if (known.revision !== revision) {
      return { kind: 'changed-elsewhere', revision: known.revision, version: known.version }
    }
    const { version, isChange } = change(known)
    if (!isChange) return { kind: 'saved', revision, version }
    putInUse(db, { songId, revision: revision + 1, version })
    return { kind: 'saved', revision: revision + 1, version }
  }
  return db.transaction(save, { isDurable: true })
}

function putInUse(
  db: Database,
  { songId, revision, version }: { songId: number; revision: number; version: number | null },
): void {
  db.change('INSERT OR REPLACE INTO lyrics (song_id, revision, version) VALUES (?, ?, ?)', songId, revision, version)
  db.record({ kind: 'lyrics-changed', songId, revision })
}

function newestVersion(db: Database, songId: number): number {
  const sql = 'SELECT max(version) AS newest FROM lyrics_versions WHERE song_id = ?'
  return db.one<{ newest: number | null }>(sql, songId)?.newest ?? 0
}

/** The version in use stays, however old it is. */
function removeOldest(db: Database, { songId, used }: { songId: number; used: number }): void {
  const sql = `DELETE FROM lyrics_versions WHERE song_id = ? AND version <> ? AND version NOT IN
     (SELECT version FROM lyrics_versions WHERE song_id = ? ORDER BY version DESC LIMIT ?)`
  db.change(sql, songId, used, songId, MAX_LYRICS_VERSIONS)
}
