import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { transientFaultOf } from '../../src/platform/transient-fault.ts'
import { UploadBatches } from '../../src/receive/upload-batches.ts'
import { addSong, eraseSong } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'

const PLAN = {
  modelId: 'm-1',
  grid: { strideSamples: 10, inputOffsetSamples: 0, inputSamples: 10, tailSamples: 0 },
  stems: ['vocals'],
  rest: 'vocals',
  needsWholeSong: false,
}
const SONG = { fileName: 'a', title: 'a', band: '', album: '', model: 'm', announcedSeconds: null, cover: null }

describe('The ids of songs that were chosen together', () => {
  let ledger: Ledger
  let batches: UploadBatches

  beforeEach(async () => {
    ledger = await openLedger()
    batches = new UploadBatches({ db: ledger.db, faults: { classify: (error) => transientFaultOf(error) } })
  })
  afterEach(() => ledger.remove())

  const take = (number: number, batch = 'b') => batches.take({ batch, number, count: 3 })
  const add = (id: number | null) => addSong(ledger.db, { ...SONG, plan: PLAN, id }).id

  test('follow the places, not the order in which the uploads begin or end', () => {
    const before = newSong(ledger.db)
    assert.deepEqual([take(3), take(1), take(2)], [before + 3, before + 1, before + 2])
    assert.deepEqual([add(before + 3), add(before + 1)], [before + 3, before + 1])
  })

  test('leave the ids behind them to other songs and other batches', () => {
    take(2)
    assert.equal(newSong(ledger.db), 4)
    assert.equal(take(1, 'later'), 5)
    assert.equal(take(1), 1)
  })

  test('are used by the next try after an upload that failed, and by no second song', () => {
    assert.deepEqual([take(1), take(1)], [1, null])
    batches.giveBack({ batch: 'b', number: 1, count: 3 })
    assert.equal(take(1), 1)
    add(1)
    batches.giveBack({ batch: 'b', number: 1, count: 3 })
    assert.equal(take(1), null)
    eraseSong(ledger.db, 1)
    assert.equal(take(1), null)
  })

  test('are not given for a place beyond the batch, or without one', () => {
    assert.equal(batches.take(null), null)
    assert.equal(take(1), 1)
    assert.equal(batches.take({ batch: 'b', number: 4, count: 4 }), null)
  })

  test('are not reserved on a passing fault, and the upload goes on', (context) => {
    const ledgerIsBusy = Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: 5 })
    context.mock.method(ledger.db, 'transaction', () => {
      throw ledgerIsBusy
    })
    assert.equal(take(1), null)
    context.mock.restoreAll()
    assert.equal(take(1), 1)
  })
})
