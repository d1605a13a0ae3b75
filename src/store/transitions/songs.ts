import { SONG_TRANSITIONS, statesBefore } from '../../song/lifecycle.ts'
import type { SongLevel } from '../../song/segment.ts'
import type { Database } from '../database.ts'
import { insertRow } from '../insert-row.ts'
import { sqlList } from '../listed.ts'
import type { RecoveredSong } from '../recovered-song.ts'
import { getSong, type NewSong, type Song, type SongFindings } from '../songs.ts'
import { cancelJobs, removeJobsFrom, reopenJobsOfRestoredSong } from './jobs.ts'

/*
 * The only writer of the table `songs`. Each transition of the state is named as in `song/lifecycle.ts`. What people asked for
 * is durable when a function returns: it has come through a power cut as well.
 */

type SongColumns = Pick<
  Song,
  'fileName' | 'title' | 'band' | 'album' | 'model' | 'plan' | 'announcedSeconds' | 'cover' | 'track'
> & { warnings: readonly string[] }

/**
 * Adds a song, for good when it returns. Where `place`, which puts its files there, throws or is cut off, there is no such song.
 * `arrival` is what its sender calls the upload while the file is not whole.
 */
export function addSong(db: Database, song: NewSong, place: (songId: number) => void = () => undefined): Song {
  const add = (): number => {
    const { to } = SONG_TRANSITIONS.addSong
    const about = { track: song.track ?? null, warnings: song.warnings ?? [] }
    const columns = {
      ...columnsOf({ ...song, ...about }),
      arrival: song.arrival ?? null,
      added_at: db.now(),
      state: to,
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

/**
 * Adds a song as its files tell of it, with the id that it had, to a ledger that does not know it. Its separation goes on at
 * the next start where somebody had asked for it.
 */
export function addRecoveredSong(db: Database, song: RecoveredSong): void {
  const wasAsked = song.kept !== null
  insertRow(db, 'songs', {
    ...columnsOf(song),
    id: song.id,
    added_at: song.addedAt,
    samples: song.samples,
    is_decoded: Number(song.isDecoded),
    level_mean: song.level?.mean ?? null,
    level_deviation: song.level?.deviation ?? null,
    state: wasAsked ? SONG_TRANSITIONS.addRecoveredSongInWork.to : SONG_TRANSITIONS.addRecoveredSong.to,
    kept: wasAsked ? JSON.stringify(song.kept) : null,
    asked_at: wasAsked ? db.now() : null,
    deleted_at: song.isDeleted ? db.now() : null,
  })
}

/**
 * The upload of a song has ended well: its file is whole. Names that a person has given meanwhile stay.
 * @param early what was found in the part of the file that was there when the song was added
 * @returns false when the song is gone
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

/** A song's file proved to be whole after a kill, though its server could not say so any more. */
export function confirmUpload(db: Database, songId: number): void {
  db.change('UPDATE songs SET arrival = NULL WHERE id = ?', songId)
}

/** Asks for a mix of these tracks; the last request wins. The first request starts the separation. */
export function requestMix(db: Database, { songId, kept }: { songId: number; kept: readonly number[] }): void {
  const { from, to } = SONG_TRANSITIONS.requestMix
  const sql = `UPDATE songs SET kept = ?, asked_at = coalesce(asked_at, ?),
       state = CASE WHEN state IN (${sqlList(from)}) THEN ? ELSE state END
     WHERE id = ?`
  changeSong(db, songId, () => db.change(sql, JSON.stringify(kept), db.now(), to, songId))
}

/** Records how far a seek decode has come. */
export function extendSeekDecode(db: Database, { songId, samples }: { songId: number; samples: number }): void {
  db.change('UPDATE songs SET ahead_samples = max(ahead_samples, ?) WHERE id = ?', samples, songId)
}

/** Records how far the song's own decoding has come. One that begins anew never takes samples back. */
export function extendDecoded(db: Database, { songId, samples }: { songId: number; samples: number }): void {
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
  const sql = `UPDATE songs SET samples = ?, is_decoded = 1, level_mean = ?, level_deviation = ?, warnings = ? WHERE id = ?`
  const finish = () => db.change(sql, samples, level.mean, level.deviation, JSON.stringify(warnings), songId)
  changeSong(db, songId, finish, { isDurable: false })
}

/** @returns false when the song is not being separated any more */
export function finishSeparation(db: Database, songId: number): boolean {
  const { from, to } = SONG_TRANSITIONS.finishSeparation
  const sql = `UPDATE songs SET state = ?, separated_at = ? WHERE id = ? AND state IN (${sqlList(from)})`
  return changeSong(db, songId, () => db.change(sql, to, db.now(), songId), { isDurable: false })
}

/** Something of a separated song was lost, so it is separated again where that is needed. */
export function reopenSeparation(db: Database, songId: number): void {
  const sql = `UPDATE songs SET state = ?, progress = min(progress, 98) WHERE id = ?`
  db.transaction(() => {
    db.change('UPDATE files SET is_ready = 0 WHERE song_id = ?', songId)
    db.change(sql, SONG_TRANSITIONS.reopenSeparation.to, songId)
    db.record({ kind: 'song-renewed', songId })
  })
}

/** Fails a song and cancels what is left of its work; false when it is separated, failed or gone already. */
export function failSong(db: Database, { songId, error }: { songId: number; error: string }): boolean {
  const sql = `UPDATE songs SET state = ?, error = ? WHERE id = ? AND state IN (${sqlList(statesBefore(SONG_TRANSITIONS.failSong))})`
  const fail = (): number => {
    const failed = db.change(sql, SONG_TRANSITIONS.failSong.to, error, songId)
    if (failed === 1) cancelJobs(db, { songId, cause: 'cancelJobsOfFailedSong' })
    return failed
  }
  return changeSong(db, songId, fail, { isDurable: false })
}

/** Begins a failed song anew, as it was when it was asked for; false when it has not failed. */
export function retrySong(db: Database, songId: number): boolean {
  const { from, to } = SONG_TRANSITIONS.retrySong
  const sql = `UPDATE songs SET state = ?, error = NULL, samples = 0, ahead_samples = 0, is_decoded = 0, progress = 0,
       asked_at = ? WHERE id = ? AND state IN (${sqlList(from)}) AND kept IS NOT NULL`
  return db.transaction(() => {
    if (db.change(sql, to, db.now(), songId) === 0) return false
    removeJobsFrom(db, { songId, segment: 0 })
    db.record({ kind: 'song-renewed', songId })
    return true
  })
}

export function renameSong(
  db: Database,
  { songId, title, band }: { songId: number; title?: string | undefined; band?: string | undefined },
): void {
  const sql = 'UPDATE songs SET title = coalesce(?, title), band = coalesce(?, band) WHERE id = ?'
  changeSong(db, songId, () => db.change(sql, title ?? null, band ?? null, songId))
}

/** The highest progress that anybody was told, so that it never goes back. */
export function raiseProgress(db: Database, { songId, progress }: { songId: number; progress: number }): void {
  db.change('UPDATE songs SET progress = max(progress, ?) WHERE id = ?', progress, songId)
}

/** Takes a song out of sight and cancels its work; false when there is none. It can be restored until it is erased. */
export function deleteSong(db: Database, songId: number): boolean {
  const sql = 'UPDATE songs SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL'
  const remove = (): boolean => {
    if (db.change(sql, db.now(), songId) === 0) return false
    cancelJobs(db, { songId, cause: 'cancelJobsOfDeletedSong' })
    db.record({ kind: 'song-deleted', songId })
    return true
  }
  return db.transaction(remove, { isDurable: true })
}

/** Takes back that a song was deleted; false when it was not, or is erased. The jobs of a failed song stay cancelled. */
export function restoreSong(db: Database, songId: number): boolean {
  const restore = (): boolean => {
    const sql = 'UPDATE songs SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL'
    if (db.change(sql, songId) === 0) return false
    if (getSong(db, songId)?.state === 'separating') reopenJobsOfRestoredSong(db, songId)
    db.record({ kind: 'song-renewed', songId })
    return true
  }
  return db.transaction(restore, { isDurable: true })
}

/** Removes a song and all that belongs to it from the ledger; false when it was not there. */
export function eraseSong(db: Database, songId: number): boolean {
  return db.transaction(() => {
    // Nobody needs to hear of a song that was deleted before.
    if (getSong(db, songId)) db.record({ kind: 'song-erased', songId })
    return db.change('DELETE FROM songs WHERE id = ?', songId) === 1
  })
}

export function eraseAllSongs(db: Database): void {
  const erase = (): void => {
    db.change('DELETE FROM songs')
    db.record({ kind: 'song-erased', songId: null })
  }
  db.transaction(erase, { isDurable: true })
}

/** Songs that came while the clock was ahead came now at the latest, says who vouches for the clock. */
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
    track: song.track,
    warnings: JSON.stringify(song.warnings),
  }
}

/** @returns whether the song was changed */
function changeSong(db: Database, songId: number, change: () => number, { isDurable = true } = {}): boolean {
  const work = (): boolean => {
    const isChanged = change() === 1
    if (isChanged) db.record({ kind: 'song-changed', songId })
    return isChanged
  }
  return db.transaction(work, { isDurable })
}
