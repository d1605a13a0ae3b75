import type { LyricsWork } from '../../song/lyrics-work.ts'
import type { Database } from '../ledger/database.ts'
import { countLyricsJobs, storedLyricsWork } from './lyrics-tasks.ts'

/** The work of workers on a song's lyrics, as people see it; null if there is none. */
export function lyricsWorkOf(db: Database, songId: number): LyricsWork | null {
  const work = storedLyricsWork(db, songId)
  if (!work) return null
  const { kind, reason } = work
  const { done, running, known } = countLyricsJobs(db, songId)
  const total = Math.max(work.total, known)
  if (reason !== null) return { kind, state: 'failed', done, total, reason }
  return { kind, state: done + running > 0 ? 'running' : 'waiting', done, total, reason: null }
}
