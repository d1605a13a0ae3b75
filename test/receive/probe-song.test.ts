import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toDisplayName } from '../../src/receive/probe-song.ts'

test('a display name is one line without control characters', () => {
  assert.equal(toDisplayName('dir/\u001b[31mRed\u202efdp.\u2066\u2028x.mp3'), '[31mRedfdp. x.mp3')
  assert.equal(toDisplayName('C:\\Music\\Song.mp3'), 'Song.mp3')
})
