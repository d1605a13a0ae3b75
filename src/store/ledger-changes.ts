/**
 * What a transaction changed in the ledger, told after its COMMIT to whoever listens (`Database.onCommit`): the scheduler
 * decides anew, and the event publisher tells the pages.
 */
export type LedgerChange =
  | { kind: 'song-added'; songId: number }
  /** Its state, its names, its length, or the mix that was asked for. */
  | { kind: 'song-changed'; songId: number }
  /** A song was deleted: it can be restored for a while. */
  | { kind: 'song-deleted'; songId: number }
  /** All of a song changed: it was restored or begun anew, or what was lost is made again. */
  | { kind: 'song-renewed'; songId: number }
  /** Songs were erased with their rows; null: all of them. */
  | { kind: 'song-erased'; songId: number | null }
  /** Segments got jobs, or their inputs were confirmed: nothing that a page shows. */
  | { kind: 'jobs-added'; songId: number }
  /** The state of a job changed, or whether its block is final. */
  | { kind: 'job-changed'; songId: number; segment: number }
  | { kind: 'block-final'; songId: number; segment: number }
  /** A mix or a stem can be fetched. */
  | { kind: 'file-ready'; songId: number }
