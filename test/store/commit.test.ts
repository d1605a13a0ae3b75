import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getMeta, setMeta } from '../../src/store/meta.ts'
import { type Ledger, openLedger } from '../support/ledger.ts'

let ledger: Ledger

before(async () => {
  ledger = await openLedger()
})
after(() => ledger.remove())

test('a listener of the ledger is told once after each commit, and of nothing that was not committed', () => {
  const { db } = ledger
  const seen: unknown[] = []
  db.onCommit(() => seen.push(getMeta(db, 'a')))
  setMeta(db, 'a', '1')
  db.transaction(() => {
    setMeta(db, 'a', '2')
    setMeta(db, 'a', '3')
    assert.equal(seen.length, 1, 'not before the commit')
  })
  assert.throws(() =>
    db.transaction(() => {
      setMeta(db, 'a', '4')
      throw new Error('no')
    }),
  )
  db.tryWriting()
  assert.deepEqual(seen, ['1', '3'])
})
