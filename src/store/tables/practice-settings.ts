import { isDeepStrictEqual } from 'node:util'
import { NO_PRACTICE_SETTINGS, type PracticeSettings } from '../../song/practice-settings.ts'
import type { Database } from '../ledger/database.ts'

/** Practice settings of a song. @property version 0 if they were never set, and one more with each change */
export type SavedPractice = { settings: PracticeSettings; version: number }

export type SaveOutcome = { kind: 'saved' | 'changed-elsewhere'; version: number }

type Row = { version: number; settings: string }

export function practiceSettingsOf(db: Database, songId: number): SavedPractice {
  const row = db.one<Row>('SELECT version, settings FROM practice_settings WHERE song_id = ?', songId)
  if (!row) return { settings: NO_PRACTICE_SETTINGS, version: 0 }
  return { settings: JSON.parse(row.settings) as PracticeSettings, version: row.version }
}

/** Saves settings that are based on `version`. If the ledger has another version, nothing is changed. Durable. */
export function savePracticeSettings(
  db: Database,
  { songId, settings, version }: { songId: number } & SavedPractice,
): SaveOutcome {
  const save = (): SaveOutcome => {
    const known = practiceSettingsOf(db, songId)
    if (known.version !== version) return { kind: 'changed-elsewhere', version: known.version }
    if (isDeepStrictEqual(known.settings, asStored(settings))) return { kind: 'saved', version }
    putPracticeSettings(db, { songId, settings, version: version + 1 })
    return { kind: 'saved', version: version + 1 }
  }
  return db.transaction(save, { isDurable: true })
}

/** Writes settings whatever the ledger has, as when a song is recovered. */
export function putPracticeSettings(
  db: Database,
  { songId, settings, version }: { songId: number } & SavedPractice,
): void {
  db.transaction(() => {
    db.change(
      'INSERT OR REPLACE INTO practice_settings (song_id, version, settings) VALUES (?, ?, ?)',
      songId,
      version,
      JSON.stringify(settings),
    )
    db.record({ kind: 'practice-changed', songId, version })
  })
}

/** JSON has no -0. */
function asStored(settings: PracticeSettings): unknown {
  return JSON.parse(JSON.stringify(settings))
}
