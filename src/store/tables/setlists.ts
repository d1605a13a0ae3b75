import { isDeepStrictEqual } from 'node:util'
import { UserError } from '../../song/errors.ts'
import { MAX_SETLIST_SONGS, MAX_SETLISTS } from '../../song/setlist-limits.ts'
import type { Database } from '../ledger/database.ts'
import { insertRow } from '../ledger/insert-row.ts'
import {
  countSetlists,
  getSetlist,
  lastSetlistId,
  type Setlist,
  type StoredSetlist,
  storedSongsOf,
} from '../queries/setlists.ts'

/*
 * The only module that writes the tables `setlists` and `setlist_songs`. A user's change is durable when its function returns.
 * A song that is deleted keeps its place, so that it is there again when it is restored.
 */

/** Throws a UserError for an unknown song, and if there are too many setlists. */
export function addSetlist(db: Database, { name, songs }: { name: string; songs: readonly number[] }): Setlist {
  return changeSetlists(db, () => {
    refuseOneMore(db)
    refuseUnknown(db, songs)
    const id = insertRow(db, 'setlists', { name })
    placeSongs(db, id, songs)
    return { id, name, songs, version: 1 }
  })
}

/**
 * Replaces the name and the songs of a setlist. Equal ones are no change. Throws a UserError for an unknown song.
 * @param version the version that is replaced
 * @returns undefined if the setlist has another version now, or is gone
 */
export function replaceSetlist(
  db: Database,
  { id, version, name, songs }: { id: number; version: number; name: string; songs: readonly number[] },
): Setlist | undefined {
  const before = getSetlist(db, id)
  if (before?.version !== version) return undefined
  if (before.name === name && isDeepStrictEqual(before.songs, songs)) return before
  return changeSetlists(db, () => {
    refuseUnknown(db, songs)
    const places = withUnlisted(songs, { stored: storedSongsOf(db, id), listed: before.songs })
    const sql = 'UPDATE setlists SET name = ?, version = version + 1 WHERE id = ? AND version = ?'
    if (db.change(sql, name, id, version) === 0) return undefined
    placeSongs(db, id, places)
    return getSetlist(db, id)
  })
}

/** Adds a song at the end. One that is there already stays where it is. Throws a UserError if that is not possible. */
export function appendToSetlist(db: Database, { id, songId }: { id: number; songId: number }): Setlist | undefined {
  const before = getSetlist(db, id)
  if (!before || before.songs.includes(songId)) return before
  return changeSetlists(db, () => {
    refuseUnknown(db, [songId])
    if (before.songs.length >= MAX_SETLIST_SONGS)
      throw new UserError(
        `Setlist ${id} has ${MAX_SETLIST_SONGS} songs already. Song ${songId} was not added: remove another one first.`,
        { code: 'too-many-in-setlist' },
      )
    const position = `SELECT coalesce(max(position) + 1, 0) FROM setlist_songs WHERE setlist_id = ?`
    db.change(`INSERT INTO setlist_songs VALUES (?, (${position}), ?)`, id, id, songId)
    db.change('UPDATE setlists SET version = version + 1 WHERE id = ?', id)
    return getSetlist(db, id)
  })
}

/** Deletes a setlist. It can be restored until it is erased. Returns false if there is none. */
export function deleteSetlist(db: Database, id: number): boolean {
  const sql = 'UPDATE setlists SET deleted_at = ?, version = version + 1 WHERE id = ? AND deleted_at IS NULL'
  // The newest deleted setlists stay, as many as there can be others.
  const eraseMore = `DELETE FROM setlists WHERE id IN (SELECT id FROM setlists WHERE deleted_at IS NOT NULL
       ORDER BY deleted_at DESC, id DESC LIMIT -1 OFFSET ${MAX_SETLISTS})`
  return changeSetlists(db, () => {
    const isDeleted = db.change(sql, db.now(), id) === 1
    if (isDeleted) db.change(eraseMore)
    return isDeleted
  })
}

/** Returns undefined if the setlist is not deleted, or is erased. Throws a UserError if there are too many others now. */
export function restoreSetlist(db: Database, id: number): Setlist | undefined {
  const sql = 'UPDATE setlists SET deleted_at = NULL, version = version + 1 WHERE id = ? AND deleted_at IS NOT NULL'
  return changeSetlists(db, () => {
    if (db.change(sql, id) === 0) return undefined
    if (countSetlists(db) > MAX_SETLISTS) throw tooManySetlists()
    return getSetlist(db, id)
  })
}

export function eraseSetlistsDeletedBefore(db: Database, time: number): void {
  db.transaction(() => {
    if (db.change('DELETE FROM setlists WHERE deleted_at <= ?', time) > 0) db.record({ kind: 'setlists-changed' })
  })
}

export function eraseAllSetlists(db: Database): void {
  db.transaction(() => {
    if (db.change('DELETE FROM setlists') > 0) db.record({ kind: 'setlists-changed' })
  })
}

/** Must be called when a song was deleted, restored or recovered: its setlists have other songs now. */
export function renewSetlistsOfSong(db: Database, songId: number): void {
  const sql = `UPDATE setlists SET version = version + 1
     WHERE id IN (SELECT setlist_id FROM setlist_songs WHERE song_id = ?)`
  if (db.change(sql, songId) > 0) db.record({ kind: 'setlists-changed' })
}

/** Removes a song from all setlists. Must be called before its row is removed. */
export function removeFromSetlists(db: Database, songId: number): void {
  if (isListed(db, songId)) renewSetlistsOfSong(db, songId)
  if (db.change('DELETE FROM setlist_songs WHERE song_id = ?', songId) > 0) db.record({ kind: 'setlists-changed' })
}

/** Writes a setlist of another copy of the ledger in the place of this ledger's. */
export function putRecoveredSetlist(db: Database, { id, name, songs, version, deletedAt }: StoredSetlist): void {
  db.transaction(() => {
    db.change('DELETE FROM setlists WHERE id = ?', id)
    insertRow(db, 'setlists', { id, name, version, deleted_at: deletedAt === null ? null : db.now() })
    placeSongs(db, id, [...new Set(songs)])
    db.record({ kind: 'setlists-changed' })
  })
}

/** Reserves all ids up to this one, because another copy of the ledger has given them to setlists. */
export function reserveSetlistIds(db: Database, id: number): void {
  if (id <= lastSetlistId(db)) return
  // AUTOINCREMENT remembers the id although the row is gone.
  db.transaction(() => {
    insertRow(db, 'setlists', { id, name: '' })
    db.change('DELETE FROM setlists WHERE id = ?', id)
  })
}

/** @param change returns what has changed; nothing has if it returns undefined or false */
function changeSetlists<T>(db: Database, change: () => T): T {
  const work = (): T => {
    const changed = change()
    if (changed) db.record({ kind: 'setlists-changed' })
    return changed
  }
  return db.transaction(work, { isDurable: true })
}

function placeSongs(db: Database, setlistId: number, songs: readonly number[]): void {
  db.change('DELETE FROM setlist_songs WHERE setlist_id = ?', setlistId)
  for (const [position, songId] of songs.entries())
    db.change('INSERT INTO setlist_songs VALUES (?, ?, ?)', setlistId, position, songId)
}

/** The songs in their new order. One that is not listed stays behind the song behind which it stood. */
function withUnlisted(
  songs: readonly number[],
  { stored, listed }: { stored: readonly number[]; listed: readonly number[] },
): number[] {
  const [isListed, order] = [new Set(listed), [...songs]]
  let place = 0
  for (const songId of stored) {
    if (isListed.has(songId)) place = order.includes(songId) ? order.indexOf(songId) + 1 : place
    else order.splice(place++, 0, songId)
  }
  return order
}

function refuseUnknown(db: Database, songs: readonly number[]): void {
  const unknown = songs.filter((songId) => !isListed(db, songId))
  if (unknown.length === 0) return
  const named = unknown.length > 10 ? `${unknown.slice(0, 10).join(', ')} …` : unknown.join(', ')
  throw new UserError(`There is no song ${named}. The setlist was not changed: name only songs of GET /music.`, {
    code: 'unknown-song-in-setlist',
  })
}

function isListed(db: Database, songId: number): boolean {
  return db.one('SELECT 1 FROM songs WHERE id = ? AND deleted_at IS NULL', songId) !== undefined
}

function refuseOneMore(db: Database): void {
  if (countSetlists(db) >= MAX_SETLISTS) throw tooManySetlists()
}

function tooManySetlists(): UserError {
  return new UserError(`There are ${MAX_SETLISTS} setlists already, which is the most. Delete one first.`, {
    code: 'too-many-setlists',
  })
}
