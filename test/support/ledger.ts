import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../src/store/ledger/database.ts'
import type { LedgerChange } from '../../src/store/ledger/ledger-changes.ts'
import { addJobs } from '../../src/store/transitions/jobs.ts'
import { addSong, requestMix } from '../../src/store/transitions/songs.ts'

const GRID = { strideSamples: 10, inputOffsetSamples: 0, inputSamples: 10, tailSamples: 0 }

export type Ledger = { db: Database; remove(): Promise<void> }

/** An empty ledger in a temporary folder. */
export async function openLedger(options: { onCommit?(changes: readonly LedgerChange[]): void } = {}): Promise<Ledger> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-ledger-'))
  const db = new Database(join(folder, 'ledger.sqlite'), options)
  return {
    db,
    async remove() {
      db.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Stops a ledger from growing: every write that needs more pages fails as on a full disk. */
export function fillDisk(db: Database): void {
  const { pages } = db.one<{ pages: number }>('SELECT page_count AS pages FROM pragma_page_count') ?? { pages: 1 }
  db.one(`PRAGMA max_page_count = ${pages}`)
}

export function makeRoomOnDisk(db: Database): void {
  db.one('PRAGMA max_page_count = 1000000')
}

/** Adds a song of two segments that waits for its separation. Returns its id. */
export function newSong(db: Database, modelId = 'm-1'): number {
  const { id, tracks } = addSong(db, {
    fileName: 'a.wav',
    title: 'a',
    band: '',
    album: '',
    model: 'm',
    plan: { modelId, grid: GRID, stems: ['vocals', 'rest'], rest: 'rest', needsWholeSong: false },
    announcedSeconds: null,
    cover: null,
  })
  requestMix(db, { songId: id, tracks: tracks.map((track) => track.id) })
  addJobs(db, { songId: id, segments: 2 })
  return id
}
