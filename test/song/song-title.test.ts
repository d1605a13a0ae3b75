import assert from 'node:assert/strict'
import { test } from 'node:test'
import { titleOf } from '../../src/song/song-title.ts'

test('a song without a title is called by its number', () => {
  assert.equal(titleOf({ id: 12, title: '' }), 'Song 12')
  assert.equal(titleOf({ id: 12, title: 'Help!' }), 'Help!')
})
