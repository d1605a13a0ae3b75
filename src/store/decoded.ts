import type { SongLevel } from '../song/segment.ts'
import type { Database } from './database.ts'

/* How far a song is decoded, and what was found in doing so. */

/** Says how far a part reaches that was decoded ahead. */
export function growAhead(db: Database, { songId, samples }: { songId: number; samples: number }): void {
  db.change('UPDATE songs SET ahead_samples = max(ahead_samples, ?) WHERE id = ?', samples, songId)
}

/** Says how far the decoder is; a decode that begins anew never takes samples back. */
export function growSong(db: Database, { songId, samples }: { songId: number; samples: number }): void {
  db.change('UPDATE songs SET samples = max(samples, ?) WHERE id = ? AND is_decoded = 0', samples, songId)
}

export function finishDecoding(
  db: Database,
  {
    songId,
    samples,
    level,
    warnings,
  }: { songId: number; samples: number; level: SongLevel; warnings: readonly string[] },
): void {
  db.change(
    `UPDATE songs SET samples = ?, is_decoded = 1, level_mean = ?, level_deviation = ?, warnings = ? WHERE id = ?`,
    samples,
    level.mean,
    level.deviation,
    JSON.stringify(warnings),
    songId,
  )
}
