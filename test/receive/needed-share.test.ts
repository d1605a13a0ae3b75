import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { neededShare } from '../../src/receive/needed-share.ts'
import { SAMPLE_RATE } from '../../src/song/pcm.ts'
import type { Song } from '../../src/store/queries/songs.ts'

/** A song of 100 blocks, of one second each. */
const SONG = {
  announcedSeconds: 100,
  isDecoded: false,
  soundEndSample: 0,
  plan: { grid: { strideSamples: SAMPLE_RATE } },
} as Song

describe('the share of a file that a segment needs', () => {
  test('reaches to the end of the next block, and never beyond the file', () => {
    assert.equal(neededShare(SONG, 0), 0.02)
    assert.equal(neededShare(SONG, 48), 0.5)
    assert.equal(neededShare(SONG, 99), 1)
  })

  test('is nothing while the length of the song is unknown', () => {
    assert.equal(neededShare({ ...SONG, announcedSeconds: null }, 48), 0)
  })
})
