import { readPlan } from '../../song/plan.ts'
import type { Grid } from '../../song/segment.ts'
import type { Database } from '../ledger/database.ts'
import { type JobRow, SELECT_SEPARATION_JOBS, type SeparationJob, separationJobOf } from './jobs.ts'

/** What the scheduler needs to know about a song in separation. */
export type SongInWork = {
  id: number
  modelId: string
  grid: Grid
  /** Samples that are decoded from the beginning on. */
  samples: number
  isDecoded: boolean
  /** Whether its file is still being uploaded. */
  isUploading: boolean
}

/** A song with waiting jobs, and the first of them in the order of the song. @property hasMore whether more may wait */
export type NextSong = { songId: number; waiting: SeparationJob[]; hasMore: boolean }

type SongRow = {
  id: number
  model_id: string
  plan: string
  samples: number
  is_decoded: number
  arrival: string | null
}

/** Undefined if the song is not being separated or is deleted. */
export function songInWork(db: Database, songId: number): SongInWork | undefined {
  const row = db.one<SongRow>(
    `SELECT id, model_id, plan, samples, is_decoded, arrival FROM songs
     WHERE id = ? AND state = 'separating' AND deleted_at IS NULL`,
    songId,
  )
  if (!row) return undefined
  return {
    id: row.id,
    modelId: row.model_id,
    grid: readPlan(row.plan).grid,
    samples: row.samples,
    isDecoded: row.is_decoded === 1,
    isUploading: row.arrival !== null,
  }
}

/** The jobs of the segments from `first` to `last` of a song, both included, in every state. */
export function jobsOfSegments(
  db: Database,
  { songId, first, last }: { songId: number; first: number; last: number },
): SeparationJob[] {
  const sql = `${SELECT_SEPARATION_JOBS} WHERE jobs.song_id = ? AND jobs.segment BETWEEN ? AND ? ORDER BY jobs.segment`
  return db.all<JobRow>(sql, songId, first, last).map(separationJobOf)
}

/** The first waiting or published job of the segments up to `last`. */
export function firstOpenJob(
  db: Database,
  { songId, last }: { songId: number; last: number },
): SeparationJob | undefined {
  const row = db.one<JobRow>(
    `${SELECT_SEPARATION_JOBS} WHERE jobs.song_id = ? AND jobs.segment <= ? AND jobs.state IN ('waiting', 'published')
     ORDER BY jobs.segment LIMIT 1`,
    songId,
    last,
  )
  return row && separationJobOf(row)
}

/** Whether the first job of a song of a model is waiting or published. */
export function hasOpenFirstSound(db: Database, modelId: string): boolean {
  const sql = `SELECT 1 AS n FROM jobs JOIN songs ON songs.id = jobs.song_id
     WHERE jobs.segment = 0 AND jobs.state IN ('waiting', 'published') AND jobs.stretch_sha256 IS NULL
       AND songs.model_id = ? AND songs.deleted_at IS NULL LIMIT 1`
  return db.one<{ n: number }>(sql, modelId) !== undefined
}

/** The number of published and claimed jobs of each model, of every kind. */
export function countOutstanding(db: Database): Map<string, number> {
  const rows = db.all<{ model_id: string; n: number }>(
    `SELECT coalesce(lyrics_tasks.model_id, songs.model_id) AS model_id, count(*) AS n FROM jobs
     JOIN songs ON songs.id = jobs.song_id LEFT JOIN lyrics_tasks ON lyrics_tasks.job_id = jobs.id
     WHERE jobs.state IN ('published', 'claimed') GROUP BY 1`,
  )
  return new Map(rows.map(({ model_id, n }) => [model_id, n]))
}

/**
 * The songs of a model with waiting jobs, the one that has waited longest for its turn first.
 * @param songs the largest number of songs
 * @param jobsEach the largest number of waiting jobs of each song, by the number of songs found
 */
export function nextSongs(
  db: Database,
  { modelId, songs, jobsEach }: { modelId: string; songs: number; jobsEach(songs: number): number },
): NextSong[] {
  // No EXISTS: SQLite makes a join of it that reads every waiting job.
  const turns = db.all<{ id: number }>(
    `SELECT id FROM songs WHERE state = 'separating' AND deleted_at IS NULL AND model_id = ?
       AND (SELECT jobs.id FROM separation_jobs AS jobs WHERE jobs.state = 'waiting' AND jobs.song_id = songs.id LIMIT 1) IS NOT NULL
     ORDER BY served_at, id LIMIT ?`,
    modelId,
    songs,
  )
  const most = jobsEach(turns.length)
  return turns.map(({ id: songId }) => {
    const sql = `${SELECT_SEPARATION_JOBS} WHERE jobs.state = 'waiting' AND jobs.song_id = ? ORDER BY jobs.segment LIMIT ?`
    const waiting = db.all<JobRow>(sql, songId, most).map(separationJobOf)
    return { songId, waiting, hasMore: waiting.length === most }
  })
}
