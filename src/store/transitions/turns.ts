import type { Database } from '../ledger/database.ts'
import type { Job } from '../queries/jobs.ts'

/**
 * Notes that a job was published. A separation moves its song to the end of the round-robin: `served_at` of the table `songs`.
 * A job for lyrics takes no turn of its song. It notes the present turn in `lyrics_work`, which tells how many separations go before
 * the next one.
 */
export function takeTurn(db: Database, { kind, songId }: Pick<Job, 'kind' | 'songId'>): void {
  const last = db.one<{ turn: number | null }>('SELECT max(served_at) AS turn FROM songs')?.turn ?? 0
  if (kind === 'lyrics') db.change('UPDATE lyrics_work SET served_at = ? WHERE song_id = ?', last, songId)
  else db.change('UPDATE songs SET served_at = ? WHERE id = ?', last + 1, songId)
}
