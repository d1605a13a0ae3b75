import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LedgerFeed } from '../../../src/store/ledger/ledger-feed.ts'
import { newSong, openLedger } from '../../support/ledger.ts'

test('whoever changes the ledger and the other listeners do not notice that a listener throws', async () => {
  const faults: unknown[] = []
  const heard: string[] = []
  const feed = new LedgerFeed((error) => faults.push(error))
  feed.subscribe(() => {
    throw new Error('a defect')
  })
  feed.subscribe((changes) => heard.push(...changes.map(({ kind }) => kind)))
  const ledger = await openLedger({ onCommit: (changes) => feed.deliver(changes) })
  newSong(ledger.db)
  assert.deepEqual(heard, ['song-added', 'song-changed', 'jobs-added'])
  assert.equal(faults.length, 3)
  await ledger.remove()
})
