import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { transientFaultOf } from '../../../src/platform/transient-fault.ts'
import { getSong } from '../../../src/store/queries/songs.ts'
import { fillDisk, type Ledger, makeRoomOnDisk, newSong, openLedger } from '../../support/ledger.ts'

describe('a ledger on a full disk', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  test('a transaction on a full disk reports no-room and is rolled back, and succeeds when there is room again', () => {
    const { db } = ledger
    const songId = newSong(db)
    fillDisk(db)
    const write = () =>
      db.transaction(() => {
        db.change('UPDATE songs SET title = ? WHERE id = ?', 'half done', songId)
        db.change('UPDATE songs SET error = ? WHERE id = ?', 'x'.repeat(100_000), songId)
      })
    assert.throws(write, (fault: unknown) => transientFaultOf(fault) === 'no-room')
    assert.notEqual(getSong(db, songId)?.title, 'half done')
    makeRoomOnDisk(db)
    write()
    assert.equal(getSong(db, songId)?.title, 'half done')
  })
})

describe('a transaction in a transaction', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger.remove())

  test('is refused if it has to be durable and the outer one is not, instead of losing that in silence', () => {
    const { db } = ledger
    const change = () => db.transaction(() => 'changed', { isDurable: true })
    assert.throws(() => db.transaction(change), /not durable/)
    assert.equal(db.transaction(change, { isDurable: true }), 'changed')
    assert.equal(
      db.transaction(() => db.transaction(() => 'joined')),
      'joined',
    )
  })
})
