import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import pLimit from 'p-limit'
import { transientFaultOf } from '../../src/platform/transient-fault.ts'
import { getSong } from '../../src/store/queries/songs.ts'
import { failSong } from '../../src/store/transitions/songs.ts'
import { SongTasks } from '../../src/tasks/song-tasks.ts'
import { fillDisk, type Ledger, makeRoomOnDisk, newSong, openLedger } from '../support/ledger.ts'

describe('the tasks of a song on a full disk', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  test('a task waits for room even if all it has left to write is that its song failed', async () => {
    const { db } = ledger
    const songId = newSong(db)
    fillDisk(db)
    const told = Promise.withResolvers<void>()
    const failed = Promise.withResolvers<void>()
    const tasks = new SongTasks({
      onFault: () => {
        failSong(db, { songId, error: 'x'.repeat(100_000) })
        failed.resolve()
      },
      transientFaultOf(error) {
        const fault = transientFaultOf(error)
        if (fault === 'no-room') told.resolve()
        return fault
      },
      retryMs: 50,
    })
    tasks.run({ songId, limit: pLimit(1), work: () => Promise.reject(new Error('a defect')) })
    await told.promise
    assert.equal(getSong(db, songId)?.state, 'separating')
    makeRoomOnDisk(db)
    await failed.promise
    assert.equal(getSong(db, songId)?.state, 'failed')
    await tasks.close()
  })
})
