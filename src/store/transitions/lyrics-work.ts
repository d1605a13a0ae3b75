import type { Lyrics } from '../../song/lyrics.ts'
import type { LyricsWorkRequest } from '../../song/lyrics-work.ts'
import type { Database } from '../ledger/database.ts'
import { removeLyricsJobs } from './lyrics-jobs.ts'

/* The only module that writes the table `lyrics_work`, but for `turns.ts`. */

/** Begins work on a song's lyrics. It takes the place of earlier work, whose jobs are removed. */
export function beginLyricsWork(
  db: Database,
  {
    songId,
    kind,
    language,
    lyrics,
    revision,
  }: LyricsWorkRequest & { songId: number; lyrics: Lyrics | null; revision: number },
): void {
  const begin = (): void => {
    endLyricsWork(db, songId)
    const sql = `INSERT INTO lyrics_work (song_id, kind, language, lyrics, revision, asked_at) VALUES (?, ?, ?, ?, ?, ?)`
    db.insert(sql, songId, kind, language, lyrics && JSON.stringify(lyrics), revision, db.now())
    db.record({ kind: 'lyrics-work-changed', songId })
  }
  db.transaction(begin, { isDurable: true })
}

/** Fixes a further part of the plan. */
export function planLyricsWork(
  db: Database,
  { songId, plan, modelId, total }: { songId: number; plan: string; modelId: string; total: number },
): void {
  const sql = 'UPDATE lyrics_work SET plan = ?, model_id = ?, total = ? WHERE song_id = ?'
  db.change(sql, plan, modelId, total, songId)
}

/** Notes the revision of the lyrics that the work itself has just saved. */
export function moveLyricsWork(db: Database, { songId, revision }: { songId: number; revision: number }): void {
  db.change('UPDATE lyrics_work SET revision = ? WHERE song_id = ?', revision, songId)
}

/** Ends the work with the reason why it cannot go on, and removes its jobs. Returns false if it had already ended. */
export function failLyricsWork(db: Database, { songId, reason }: { songId: number; reason: string }): boolean {
  return db.transaction(() => {
    const sql = 'UPDATE lyrics_work SET reason = ? WHERE song_id = ? AND reason IS NULL'
    if (db.change(sql, reason, songId) === 0) return false
    removeLyricsJobs(db, songId)
    db.record({ kind: 'lyrics-work-changed', songId })
    return true
  })
}

/** Removes the work: it is done, or nobody wants it any more. Returns false if there was none. */
export function endLyricsWork(db: Database, songId: number): boolean {
  return db.transaction(() => {
    removeLyricsJobs(db, songId)
    if (db.change('DELETE FROM lyrics_work WHERE song_id = ?', songId) === 0) return false
    db.record({ kind: 'lyrics-work-changed', songId })
    return true
  })
}

/** The voice is made anew, so the work begins again. */
export function restartLyricsWork(db: Database, songId: number): void {
  removeLyricsJobs(db, songId)
  const sql = 'UPDATE lyrics_work SET plan = NULL, model_id = NULL, total = 0, reason = NULL WHERE song_id = ?'
  db.change(sql, songId)
}
