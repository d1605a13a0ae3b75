import type { Lyrics } from '../../song/lyrics.ts'
import { LyricsTask, LyricsTaskResult } from '../../song/lyrics-task.ts'
import type { Span } from '../../song/segment.ts'
import type { Database } from '../ledger/database.ts'

export type LyricsStep = LyricsTask['kind']

/** What a job for lyrics is to do. @property range samples of the song */
export type PlannedTask = { position: number; range: Span; task: LyricsTask }

/** @property result null until the job is done */
export type StoredTask = PlannedTask & { jobId: number; step: LyricsStep; result: LyricsTaskResult | null }

type TaskRow = {
  job_id: number
  step: LyricsStep
  position: number
  start_sample: number
  samples: number
  task: string
  result: string | null
}

/** The task of a job for lyrics. Undefined if the job is of another kind or gone. */
export function lyricsTaskOf(db: Database, jobId: number): StoredTask | undefined {
  const row = db.one<TaskRow>('SELECT * FROM lyrics_tasks WHERE job_id = ?', jobId)
  return row && taskOf(row)
}

/** The tasks of one step of the work on a song's lyrics, in their order. */
export function lyricsTasksOf(db: Database, { songId, step }: { songId: number; step: LyricsStep }): StoredTask[] {
  const sql = 'SELECT * FROM lyrics_tasks WHERE song_id = ? AND step = ? ORDER BY position'
  return db.all<TaskRow>(sql, songId, step).map(taskOf)
}

/** The work on a song's lyrics, from its request to its end. */
export type StoredLyricsWork = {
  songId: number
  kind: 'align' | 'transcribe'
  language: string | null
  /** Null until the first job is added. */
  modelId: string | null
  /** The text to be placed; null if it is to be heard. */
  lyrics: Lyrics | null
  /** The revision of the song's lyrics when the work began. */
  revision: number
  /** The plan as far as it is fixed, as JSON. */
  plan: string | null
  total: number
  reason: string | null
}

type WorkRow = Omit<StoredLyricsWork, 'songId' | 'modelId' | 'lyrics'> & {
  song_id: number
  model_id: string | null
  lyrics: string | null
}

export function storedLyricsWork(db: Database, songId: number): StoredLyricsWork | undefined {
  const row = db.one<WorkRow>('SELECT * FROM lyrics_work WHERE song_id = ?', songId)
  if (!row) return undefined
  const { song_id, model_id, lyrics, kind, language, revision, plan, total, reason } = row
  const parsed = lyrics === null ? null : (JSON.parse(lyrics) as Lyrics)
  return { songId: song_id, kind, language, modelId: model_id, lyrics: parsed, revision, plan, total, reason }
}

/** The songs whose work on lyrics has neither failed nor ended. */
export function songsWithLyricsWork(db: Database): number[] {
  const sql = `SELECT song_id FROM lyrics_work JOIN songs ON songs.id = song_id
     WHERE reason IS NULL AND deleted_at IS NULL ORDER BY lyrics_work.asked_at, song_id`
  return db.all<{ song_id: number }>(sql).map(({ song_id }) => song_id)
}

/** How many jobs of the work are done, and whether a worker is at one. */
export function countLyricsJobs(db: Database, songId: number): { done: number; running: number; known: number } {
  const sql = `SELECT count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'claimed') AS running,
     count(*) AS known FROM lyrics_tasks JOIN jobs ON jobs.id = job_id WHERE lyrics_tasks.song_id = ?`
  return { done: 0, running: 0, known: 0, ...db.one<{ done: number; running: number; known: number }>(sql, songId) }
}

function taskOf(row: TaskRow): StoredTask {
  return {
    jobId: row.job_id,
    step: row.step,
    position: row.position,
    range: { startSample: row.start_sample, samples: row.samples },
    task: LyricsTask.parse(JSON.parse(row.task)),
    result: row.result === null ? null : LyricsTaskResult.parse(JSON.parse(row.result)),
  }
}
