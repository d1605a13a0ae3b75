import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import pLimit from 'p-limit'
import { passingFaultOf } from '../../../src/platform/passing-fault.ts'
import { getSong } from '../../../src/store/queries/songs.ts'
import { failSong } from '../../../src/store/transitions/songs.ts'
import { SongTasks } from '../../../src/work/song-tasks.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'

describe('a ledger on a full disk', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  /** Stops the ledger from growing, so that SQLite fails as on a full disk. */
  const fill = (): string => {
    const { pages } = ledger.db.one<{ pages: number }>('SELECT page_count AS pages FROM pragma_page_count') ?? {
      pages: 1,
    }
    ledger.db.one(`PRAGMA max_page_count = ${pages}`)
    return 'x'.repeat(100_000)
  }
  const makeRoom = () => void ledger.db.one('PRAGMA max_page_count = 1000000')

  test('a transaction on a full disk reports no-room and is rolled back, and succeeds when there is room again', () => {
    const { db } = ledger
    const songId = newSong(db)
    const error = fill()
    const write = () =>
      db.transaction(() => {
        db.change('UPDATE songs SET title = ? WHERE id = ?', 'half done', songId)
        db.change('UPDATE songs SET error = ? WHERE id = ?', error, songId)
      })
    assert.throws(write, (fault: unknown) => passingFaultOf(fault) === 'no-room')
    assert.notEqual(getSong(db, songId)?.title, 'half done')
    makeRoom()
    write()
    assert.equal(getSong(db, songId)?.title, 'half done')
  })

  test('a task waits for room even if all it has left to write is that its song failed', async () => {
    const { db } = ledger
    const songId = newSong(db)
    const reason = fill()
    const told = Promise.withResolvers<void>()
    const failed = Promise.withResolvers<void>()
    const tasks = new SongTasks({
      onFault: () => {
        failSong(db, { songId, error: reason })
        failed.resolve()
      },
      passingFaultOf(error) {
        const fault = passingFaultOf(error)
        if (fault === 'no-room') told.resolve()
        return fault
      },
      retryMs: 50,
    })
    tasks.run({ songId, limit: pLimit(1), work: () => Promise.reject(new Error('a defect')) })
    await told.promise
    assert.equal(getSong(db, songId)?.state, 'separating')
    makeRoom()
    await failed.promise
    assert.equal(getSong(db, songId)?.state, 'failed')
    await tasks.close()
  })
})
