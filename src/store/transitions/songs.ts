import { SONG_TRANSITIONS, statesBefore } from '../../song/lifecycle.ts'
import type { SongStatistics } from '../../song/segment.ts'
import type { Database } from '../ledger/database.ts'
import { insertRow } from '../ledger/insert-row.ts'
import { sqlList } from '../ledger/sql-list.ts'
import { getSong, type NewSong, type Song, type SongFindings } from '../queries/songs.ts'
import type { RecoveredSong } from '../records/recovered-song.ts'
import { markFilesUnready } from '../tables/files.ts'
import { eraseAllSetlists, removeFromSetlists, renewSetlistsOfSong } from '../tables/setlists.ts'
import { cancelJobs, removeJobsFrom, reopenJobsOfRestoredSong } from './jobs.ts'
import { restartLyricsWork } from './lyrics-work.ts'

/* The only writer of the table `songs`, but for `turns.ts`. A user's request survives a power cut when its function returns. */

type SongColumns = Pick<
  Song,
  'fileName' | 'title' | 'band' | 'album' | 'model' | 'plan' | 'announcedSeconds' | 'cover' | 'soundTrack'
> & { warnings: readonly string[] }

/**
 * Adds a song durably. `place` puts its files into its folder. If `place` throws or is killed, the song is not added.
 * `song.id` is a reserved id; without it the song gets the next one. `song.uploadName` is the sender's name for the upload while the file is not complete.
 */
export function addSong(db: Database, song: NewSong, place: (songId: number) => void = () => undefined): Song {
  const add = (): number => {
    const about = { soundTrack: song.soundTrack ?? null, warnings: song.warnings ?? [] }
    const columns = {
      ...columnsOf({ ...song, ...about }),
      ...(song.id ? { id: song.id } : {}),
      arrival: song.uploadName ?? null,
      added_at: db.now(),
      state: SONG_TRANSITIONS.addSong.to,
    }
    const songId = insertRow(db, 'songs', columns)
    for (const stem of song.plan.stems) db.insert('INSERT INTO tracks (song_id, stem) VALUES (?, ?)', songId, stem)
    place(songId)
    db.record({ kind: 'song-added', songId })
    return songId
  }
  const id = db.transaction(add, { isDurable: true })
  const added = getSong(db, id)
  if (!added) throw new Error(`Song ${id} vanished while it was added.`)
  return added
}

/** Adds a song that was read from its files, with its former id. The next start continues its separation if one was requested. */
export function addRecoveredSong(db: Database, song: RecoveredSong): void {
  const wasAsked = song.kept !== null
  insertRow(db, 'songs', {
    ...columnsOf(song),
    id: song.id,
    added_at: song.addedAt,
    samples: song.samples,
    is_decoded: Number(song.isDecoded),
    level_mean: song.statistics?.mean ?? null,
    level_deviation: song.statistics?.deviation ?? null,
    state: wasAsked ? SONG_TRANSITIONS.addRecoveredSongInWork.to : SONG_TRANSITIONS.addRecoveredSong.to,
    kept: wasAsked ? JSON.stringify(song.kept) : null,
    asked_at: wasAsked ? db.now() : null,
    deleted_at: song.isDeleted ? db.now() : null,
  })
}

/**
 * Records that the upload of a song is complete. Names that a user has changed meanwhile stay.
 * @param early what was found in the first part of the file, when the song was added
 * @returns false if the song is gone
 */
export function finishUpload(
  db: Database,
  { songId, early, found }: { songId: number; early: SongFindings; found: SongFindings },
): boolean {
  const sql = `UPDATE songs SET arrival = NULL, announced_seconds = ?, cover = ?, album = ?, warnings = ?,
       title = CASE title WHEN ? THEN ? ELSE title END, band = CASE band WHEN ? THEN ? ELSE band END
     WHERE id = ? AND arrival IS NOT NULL`
  const { announcedSeconds, cover, album, warnings = [], title, band } = found
  const texts = [JSON.stringify(warnings), early.title, title, early.band, band]
  return changeSong(db, songId, () => db.change(sql, announcedSeconds, cover, album, ...texts, songId))
}

/** Records that a song's file is complete. The server was killed after the last byte, before it could record that. */
export function confirmUpload(db: Database, songId: number): void {
  db.change('UPDATE songs SET arrival = NULL WHERE id = ?', songId)
}

/** Requests a mix of these tracks. The last request wins, and the first one starts the separation. */
export function requestMix(db: Database, { songId, tracks }: { songId: number; tracks: readonly number[] }): void {
  const { from, to } = SONG_TRANSITIONS.requestMix
  const sql = `UPDATE songs SET kept = ?, asked_at = coalesce(asked_at, ?),
       state = CASE WHEN state IN (${sqlList(from)}) THEN ? ELSE state END
     WHERE id = ?`
  changeSong(db, songId, () => db.change(sql, JSON.stringify(tracks), db.now(), to, songId))
}

/** Records the end of a seek decode. */
export function extendSeekDecode(db: Database, { songId, samples }: { songId: number; samples: number }): void {
  db.change('UPDATE songs SET ahead_samples = max(ahead_samples, ?) WHERE id = ?', samples, songId)
}

/** Records how far the song's own decoding has come. Decoding again after a restart never lowers the count. */
export function extendDecoded(db: Database, { songId, samples }: { songId: number; samples: number }): void {
  db.change('UPDATE songs SET samples = max(samples, ?) WHERE id = ? AND is_decoded = 0', samples, songId)
}

export function finishDecoding(
  db: Database,
  {
    songId,
    samples,
    statistics,
    warnings,
  }: { songId: number; samples: number; statistics: SongStatistics; warnings: readonly string[] },
): void {
  const sql = `UPDATE songs SET samples = ?, is_decoded = 1, level_mean = ?, level_deviation = ?, warnings = ? WHERE id = ?`
  const finish = () => db.change(sql, samples, statistics.mean, statistics.deviation, JSON.stringify(warnings), songId)
  changeSong(db, songId, finish, { isDurable: false })
}

/** @returns false if the song is not being separated */
export function finishSeparation(db: Database, songId: number): boolean {
  const { from, to } = SONG_TRANSITIONS.finishSeparation
  const sql = `UPDATE songs SET state = ?, separated_at = ? WHERE id = ? AND state IN (${sqlList(from)})`
  return changeSong(db, songId, () => db.change(sql, to, db.now(), songId), { isDurable: false })
}

/** Reopens the separation of a song that has lost results. */
export function reopenSeparation(db: Database, songId: number): void {
  const sql = `UPDATE songs SET state = ?, progress = min(progress, 98) WHERE id = ?`
  db.transaction(() => {
    markFilesUnready(db, songId)
    db.change(sql, SONG_TRANSITIONS.reopenSeparation.to, songId)
    db.record({ kind: 'song-renewed', songId })
  })
}

/** Fails a song and cancels its jobs. Returns false if it is already separated, failed or gone. */
export function failSong(db: Database, { songId, error }: { songId: number; error: string }): boolean {
  const sql = `UPDATE songs SET state = ?, error = ? WHERE id = ? AND state IN (${sqlList(statesBefore(SONG_TRANSITIONS.failSong))})`
  const fail = (): number => {
    const failed = db.change(sql, SONG_TRANSITIONS.failSong.to, error, songId)
    if (failed === 1) cancelJobs(db, { songId, cause: 'cancelJobsOfFailedSong' })
    return failed
  }
  return changeSong(db, songId, fail, { isDurable: false })
}

/** Starts a failed song again with the same request. Returns false if it has not failed. */
export function retrySong(db: Database, songId: number): boolean {
  const { from, to } = SONG_TRANSITIONS.retrySong
  const sql = `UPDATE songs SET state = ?, error = NULL, samples = 0, ahead_samples = 0, is_decoded = 0, progress = 0,
       asked_at = ? WHERE id = ? AND state IN (${sqlList(from)}) AND kept IS NOT NULL`
  const retry = (): boolean => {
    if (db.change(sql, to, db.now(), songId) === 0) return false
    removeJobsFrom(db, { songId, segment: 0 })
    restartLyricsWork(db, songId)
    db.record({ kind: 'song-renewed', songId })
    return true
  }
  return db.transaction(retry, { isDurable: true })
}

export function renameSong(
  db: Database,
  { songId, title, band }: { songId: number; title?: string | undefined; band?: string | undefined },
): void {
  const sql = 'UPDATE songs SET title = coalesce(?, title), band = coalesce(?, band) WHERE id = ?'
  changeSong(db, songId, () => db.change(sql, title ?? null, band ?? null, songId))
}

/** Records the highest progress that was reported, so that it never decreases. */
export function raiseProgress(db: Database, { songId, progress }: { songId: number; progress: number }): void {
  db.change('UPDATE songs SET progress = max(progress, ?) WHERE id = ?', progress, songId)
}

/** Deletes a song and cancels its jobs. It can be restored until it is erased. Returns false if there is none. */
export function deleteSong(db: Database, songId: number): boolean {
  const sql = 'UPDATE songs SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL'
  const remove = (): boolean => {
    if (db.change(sql, db.now(), songId) === 0) return false
    cancelJobs(db, { songId, cause: 'cancelJobsOfDeletedSong' })
    db.record({ kind: 'song-deleted', songId })
    renewSetlistsOfSong(db, songId)
    return true
  }
  return db.transaction(remove, { isDurable: true })
}

/** Restores a deleted song. The jobs of a failed song stay cancelled. Returns false if it is not deleted, or is erased. */
export function restoreSong(db: Database, songId: number): boolean {
  const restore = (): boolean => {
    const sql = 'UPDATE songs SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL'
    if (db.change(sql, songId) === 0) return false
    if (getSong(db, songId)?.state !== 'failed') reopenJobsOfRestoredSong(db, songId)
    db.record({ kind: 'song-renewed', songId })
    renewSetlistsOfSong(db, songId)
    return true
  }
  return db.transaction(restore, { isDurable: true })
}

/** Removes a song's rows from the ledger. Returns false if there is no such song. */
export function eraseSong(db: Database, songId: number): boolean {
  return db.transaction(() => {
    // The deletion of a deleted song has already been announced.
    if (getSong(db, songId)) db.record({ kind: 'song-erased', songId })
    removeFromSetlists(db, songId)
    return db.change('DELETE FROM songs WHERE id = ?', songId) === 1
  })
}

/** Erases all songs, and all setlists: none of them has a song any more. */
export function eraseAllSongs(db: Database): void {
  const erase = (): void => {
    eraseAllSetlists(db)
    db.change('DELETE FROM songs')
    db.record({ kind: 'song-erased', songId: null })
  }
  db.transaction(erase, { isDurable: true })
}

/** Sets dates in the future to now, after an operator has confirmed the clock. */
export function clampFutureDates(db: Database): void {
  db.change('UPDATE songs SET added_at = ? WHERE added_at > ?', db.now(), db.now())
}

function columnsOf(song: SongColumns) {
  return {
    file_name: song.fileName,
    title: song.title,
    band: song.band,
    album: song.album,
    model: song.model,
    plan: JSON.stringify(song.plan),
    model_id: song.plan.modelId,
    announced_seconds: song.announcedSeconds,
    cover: song.cover,
    track: song.soundTrack,
    warnings: JSON.stringify(song.warnings),
  }
}

/** @returns whether the song has changed */
function changeSong(db: Database, songId: number, change: () => number, { isDurable = true } = {}): boolean {
  const work = (): boolean => {
    const isChanged = change() === 1
    if (isChanged) db.record({ kind: 'song-changed', songId })
    return isChanged
  }
  return db.transaction(work, { isDurable })
}
