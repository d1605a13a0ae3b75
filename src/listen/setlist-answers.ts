import type { Database } from '../store/ledger/database.ts'
import { listSetlists, type Setlist as StoredSetlist } from '../store/queries/setlists.ts'
import type { Setlist } from './setlist-schemas.ts'

export function setlistAnswer({ id, name, songs, version }: StoredSetlist): Setlist {
  return { setlist_id: id, name, songs: [...songs], version }
}

/** All setlists that are not deleted. */
export function setlistAnswers(db: Database): Setlist[] {
  return listSetlists(db).map(setlistAnswer)
}
