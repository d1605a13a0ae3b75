import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pageTitle } from '../../../web/src/player/page-title.ts'

describe('The title of the page', () => {
  const song = { music_id: 3, name: 'Help!', band: 'The Beatles' }

  test('names the song and its artist while it plays', () => {
    assert.equal(pageTitle(song, true), '▶ Help! – The Beatles')
    assert.equal(pageTitle({ ...song, band: '' }, true), '▶ Help!')
  })

  test('names the open song and the page otherwise', () => {
    assert.equal(pageTitle(song, false), 'Help! · Minus One')
    assert.equal(pageTitle(undefined, false), 'Minus One')
  })
})
