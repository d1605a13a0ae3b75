/**
 * A change that a transaction made. After the COMMIT, `Database.onCommit` delivers it to the subscribers: the scheduler
 * decides again, and the event publisher tells the pages.
 */
export type LedgerChange =
  | { kind: 'song-added'; songId: number }
  /** The song's state, names, length or requested mix changed. */
  | { kind: 'song-changed'; songId: number }
  /** The song was deleted. It can still be restored. */
  | { kind: 'song-deleted'; songId: number }
  /** Anything of the song may have changed: it was restored or retried, or lost results are made again. */
  | { kind: 'song-renewed'; songId: number }
  /** The song's row was erased. Null: all songs were erased. */
  | { kind: 'song-erased'; songId: number | null }
  /** Jobs of a separation were added. Pages do not show this. */
  | { kind: 'jobs-added'; songId: number }
  /** The state of a separation's job changed, or its block is no longer final. */
  | { kind: 'job-changed'; songId: number; segment: number }
  /** The work on a song's lyrics began, went on, failed or ended. */
  | { kind: 'lyrics-work-changed'; songId: number }
  | { kind: 'block-final'; songId: number; segment: number }
  /** The song's practice settings changed. */
  | { kind: 'practice-changed'; songId: number; version: number }
  /** The song's words changed: it has new ones, or other ones are in use. */
  | { kind: 'lyrics-changed'; songId: number; revision: number }
  /** A stem or a mix can be fetched. */
  | { kind: 'file-ready'; songId: number }
  /** A setlist was added, changed, deleted, restored or erased, or lists other songs. */
  | { kind: 'setlists-changed' }
