import type { SongState } from '../../song/lifecycle.ts'
import { SAMPLE_RATE } from '../../song/pcm.ts'
import { type Plan, readPlan } from '../../song/plan.ts'
import type { SongStatistics } from '../../song/segment.ts'
import type { Database } from '../ledger/database.ts'

export type Track = { id: number; stem: string }

export type Song = {
  id: number
  fileName: string
  title: string
  band: string
  album: string
  /** The model's display name. The plan says what it means for this song. */
  model: string
  plan: Plan
  /** Null until the song is decoded. */
  statistics: SongStatistics | null
  announcedSeconds: number | null
  /** The media type of the cover; null without one. */
  cover: 'image/jpeg' | 'image/png' | null
  /** The audio track in the file, from 1; null for FFmpeg's choice. */
  soundTrack: number | null
  /** The sender's name for the upload while the file is not complete; else null. */
  uploadName: string | null
  /** Decoded samples on disk (44,100 Hz). The song's length once `isDecoded`. */
  samples: number
  isDecoded: boolean
  /** The end of the decoded samples on disk. Beyond `samples`, with a gap before, if a seek decode has run. */
  soundEndSample: number
  state: SongState
  error: string | null
  warnings: string[]
  /** The ids of the tracks in the requested mix; null if no mix was requested. */
  kept: number[] | null
  progress: number
  addedAt: number
  askedAt: number | null
  separatedAt: number | null
  tracks: Track[]
}

type SongRow = {
  id: number
  file_name: string
  title: string
  band: string
  album: string
  model: string
  plan: string
  level_mean: number | null
  level_deviation: number | null
  announced_seconds: number | null
  cover: Song['cover']
  track: number | null
  arrival: string | null
  samples: number
  is_decoded: number
  ahead_samples: number
  state: SongState
  error: string | null
  warnings: string
  kept: string | null
  progress: number
  added_at: number
  asked_at: number | null
  separated_at: number | null
}

export type NewSong = Pick<
  Song,
  'fileName' | 'title' | 'band' | 'album' | 'model' | 'plan' | 'announcedSeconds' | 'cover'
> & { id?: number | null; uploadName?: string | null; soundTrack?: number | null; warnings?: readonly string[] }

/** What a look into a song's file finds. A file that is not complete may not tell everything. */
export type SongFindings = Pick<
  NewSong,
  'title' | 'band' | 'album' | 'announcedSeconds' | 'cover' | 'soundTrack' | 'warnings'
>

/** Returns a song, deleted or not, and the time of its deletion. Undefined if no song has that id. */
export function getSongEvenDeleted(db: Database, id: number): { song: Song; deletedAt: number | null } | undefined {
  const row = db.one<SongRow & { deleted_at: number | null }>('SELECT * FROM songs WHERE id = ?', id)
  return row && { song: songOf(db, row), deletedAt: row.deleted_at }
}

/** Seconds since a ledger time. Never negative. */
export function secondsSince(db: Database, time: number | null): number {
  return time === null ? 0 : Math.max(0, db.now() - time) / 1000
}

/** The song's length in samples. Until it is decoded: the longer of the announced length and the decoded part. */
export function expectedSamples(song: Song): number {
  if (song.isDecoded) return song.samples
  return Math.max(song.soundEndSample, Math.round((song.announcedSeconds ?? 0) * SAMPLE_RATE))
}

export function getSong(db: Database, id: number): Song | undefined {
  const row = db.one<SongRow>('SELECT * FROM songs WHERE id = ? AND deleted_at IS NULL', id)
  return row && songOf(db, row)
}

export function listSongs(db: Database): Song[] {
  return db.all<SongRow>('SELECT * FROM songs WHERE deleted_at IS NULL ORDER BY id').map((row) => songOf(db, row))
}

/** The songs that are being separated. */
export function songsInWork(db: Database): Song[] {
  const sql = `SELECT * FROM songs WHERE state = 'separating' AND deleted_at IS NULL ORDER BY id`
  return db.all<SongRow>(sql).map((row) => songOf(db, row))
}

function songOf(db: Database, row: SongRow): Song {
  return {
    id: row.id,
    fileName: row.file_name,
    title: row.title,
    band: row.band,
    album: row.album,
    model: row.model,
    plan: readPlan(row.plan),
    statistics:
      row.level_mean === null || row.level_deviation === null
        ? null
        : { mean: row.level_mean, deviation: row.level_deviation },
    announcedSeconds: row.announced_seconds,
    cover: row.cover,
    soundTrack: row.track,
    uploadName: row.arrival,
    samples: row.samples,
    isDecoded: row.is_decoded === 1,
    soundEndSample: row.is_decoded === 1 ? row.samples : Math.max(row.samples, row.ahead_samples),
    state: row.state,
    error: row.error,
    warnings: JSON.parse(row.warnings) as string[],
    kept: row.kept === null ? null : (JSON.parse(row.kept) as number[]),
    progress: row.progress,
    addedAt: row.added_at,
    askedAt: row.asked_at,
    separatedAt: row.separated_at,
    tracks: db.all<Track>('SELECT id, stem FROM tracks WHERE song_id = ? ORDER BY id', row.id),
  }
}
