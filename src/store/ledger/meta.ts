import type { Database } from './database.ts'

/** Set in the ledger of a backup. Cleared when a server starts on it. */
export const IS_BACKUP = 'is_backup'

export function getMeta(db: Database, key: string): string | undefined {
  return db.one<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)?.value
}

/** @returns the value */
export function setMeta(db: Database, key: string, value: string): string {
  db.change(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    key,
    value,
  )
  return value
}

export function clearMeta(db: Database, key: string): void {
  db.change('DELETE FROM meta WHERE key = ?', key)
}
