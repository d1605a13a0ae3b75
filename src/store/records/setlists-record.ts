import { z } from 'zod'
import type { Database } from '../ledger/database.ts'
import { reserveSongIds } from '../queries/deleted-songs.ts'
import { lastSetlistId, storedSetlists } from '../queries/setlists.ts'
import { putRecoveredSetlist, reserveSetlistIds } from '../tables/setlists.ts'

const id = z.int().positive()

/** DATA_DIR/setlists.json: all setlists, from which those of a lost ledger are rebuilt. Written at every change. */
export const SetlistsRecord = z.object({
  format: z.literal(1),
  /** The highest id ever given to a setlist. */
  lastId: z.int().min(0),
  setlists: z.array(
    z.object({
      id,
      name: z.string(),
      /** Ids of songs, including deleted ones. */
      songs: z.array(id),
      version: id,
      /** Milliseconds since 1970; null if the setlist is not deleted. */
      deletedAt: z.int().nullable(),
    }),
  ),
})
export type SetlistsRecord = z.infer<typeof SetlistsRecord>

export function setlistsRecordOf(db: Database): SetlistsRecord {
  const setlists = storedSetlists(db).map((setlist) => ({ ...setlist, songs: [...setlist.songs] }))
  return { format: 1, lastId: lastSetlistId(db), setlists }
}

/**
 * Applies the setlists of a record that the ledger has lost: those with a higher version, and those with an id that the ledger
 * has never given. A setlist that the ledger has erased stays erased.
 * @returns how many were applied
 */
export function applySetlistsRecord(db: Database, { lastId, setlists }: SetlistsRecord): number {
  const apply = (): number => {
    const lastKnownId = lastSetlistId(db)
    const versions = new Map(storedSetlists(db).map((known) => [known.id, known.version]))
    const lost = setlists.filter((setlist) => {
      const version = versions.get(setlist.id)
      return version === undefined ? setlist.id > lastKnownId : setlist.version > version
    })
    for (const setlist of lost) putRecoveredSetlist(db, setlist)
    reserveSetlistIds(db, lastId)
    // A new song must not take the place of one that the ledger does not know.
    reserveSongIds(db, Math.max(0, ...lost.flatMap(({ songs }) => Math.max(0, ...songs))))
    return lost.length
  }
  return db.transaction(apply, { isDurable: true })
}
