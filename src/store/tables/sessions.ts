import type { Database } from '../ledger/database.ts'

/** One more session ends the one that would expire first. */
const MAX_SESSIONS = 10_000

/** Adds a session and removes expired ones. */
export function addSession(db: Database, { hash, lifetimeMs }: { hash: string; lifetimeMs: number }): void {
  db.transaction(() => {
    db.change('DELETE FROM sessions WHERE expires_at <= ?', db.now())
    db.change(
      'DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions ORDER BY expires_at DESC LIMIT -1 OFFSET ?)',
      MAX_SESSIONS - 1,
    )
    db.insert('INSERT INTO sessions (hash, expires_at) VALUES (?, ?)', hash, db.now() + lifetimeMs)
  })
}

export function hasSession(db: Database, hash: string): boolean {
  return db.one('SELECT 1 FROM sessions WHERE hash = ? AND expires_at > ?', hash, db.now()) !== undefined
}

export function removeSession(db: Database, hash: string): void {
  db.change('DELETE FROM sessions WHERE hash = ?', hash)
}
