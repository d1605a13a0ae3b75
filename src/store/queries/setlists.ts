import type { Database } from '../ledger/database.ts'

/** An ordered list of songs, each at most once. */
export type Setlist = {
  id: number
  name: string
  /** Ids of songs, in order. Deleted songs are left out. */
  songs: readonly number[]
  /** Higher after each change. */
  version: number
}

/** A setlist as the ledger has it: its songs include those that were deleted, and those that `recover` may add later. */
export type StoredSetlist = Setlist & { deletedAt: number | null }

type SetlistRow = { id: number; name: string; version: number; deletedAt: number | null }
type Place = { setlistId: number; songId: number }

const SETLISTS = 'SELECT id, name, version, deleted_at AS deletedAt FROM setlists'
const PLACES = 'SELECT setlist_id AS setlistId, song_id AS songId FROM setlist_songs'
const LISTED_PLACES = `${PLACES} JOIN songs ON songs.id = song_id AND songs.deleted_at IS NULL`
const IN_ORDER = 'ORDER BY setlist_id, position'

/** All setlists that are not deleted. */
export function listSetlists(db: Database): Setlist[] {
  const rows = db.all<SetlistRow>(`${SETLISTS} WHERE deleted_at IS NULL ORDER BY id`)
  return withSongs(rows, db.all<Place>(`${LISTED_PLACES} ${IN_ORDER}`)).map(
    ({ deletedAt: _deletedAt, ...setlist }) => setlist,
  )
}

export function getSetlist(db: Database, id: number): Setlist | undefined {
  const row = db.one<Omit<Setlist, 'songs'>>(
    'SELECT id, name, version FROM setlists WHERE id = ? AND deleted_at IS NULL',
    id,
  )
  if (!row) return undefined
  const places = db.all<Place>(`${LISTED_PLACES} WHERE setlist_id = ? ${IN_ORDER}`, id)
  return { ...row, songs: places.map(({ songId }) => songId) }
}

/** All setlists that are not erased. */
export function storedSetlists(db: Database): StoredSetlist[] {
  return withSongs(db.all<SetlistRow>(`${SETLISTS} ORDER BY id`), db.all<Place>(`${PLACES} ${IN_ORDER}`))
}

/** The ids of all songs in a setlist, in order, including those that are not listed. */
export function storedSongsOf(db: Database, setlistId: number): number[] {
  return db.all<Place>(`${PLACES} WHERE setlist_id = ? ${IN_ORDER}`, setlistId).map(({ songId }) => songId)
}

export function countSetlists(db: Database): number {
  return db.one<{ n: number }>('SELECT count(*) AS n FROM setlists WHERE deleted_at IS NULL')?.n ?? 0
}

/** The highest id ever given to a setlist, or 0 before the first one. No id is used twice. */
export function lastSetlistId(db: Database): number {
  return db.one<{ seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'setlists'`)?.seq ?? 0
}

function withSongs(rows: readonly SetlistRow[], places: readonly Place[]): StoredSetlist[] {
  const bySetlist = Map.groupBy(places, ({ setlistId }) => setlistId)
  return rows.map((row) => ({ ...row, songs: (bySetlist.get(row.id) ?? []).map(({ songId }) => songId) }))
}
