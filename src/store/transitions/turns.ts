import type { Database } from '../ledger/database.ts'

/** Moves a song to the end of the round-robin, after one of its jobs was published. It writes `served_at` of the table `songs`. */
export function takeTurn(db: Database, songId: number): void {
  const turn = db.one<{ turn: number }>('SELECT max(served_at) + 1 AS turn FROM songs')?.turn ?? 1
  db.change('UPDATE songs SET served_at = ? WHERE id = ?', turn, songId)
}
