import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { SAMPLE_RATE } from '../../../../web/src/player/mixer.ts'
import { isZoomed, scrollTo, showPart, showWhole, viewOf, zoom } from '../../../../web/src/player/waveforms/view.ts'
import { SONG_SECONDS, separatedSong } from '../fake-player.ts'

const LENGTH = SONG_SECONDS * SAMPLE_RATE

describe('The view of a song', () => {
  const song = separatedSong(1)
  beforeEach(() => showWhole(song))

  test('keeps a sample at its place while it is zoomed, also at the shortest view', () => {
    const at = LENGTH / 4
    for (let i = 0; i < 20; i++) {
      zoom(song, 2, at)
      const { start, end } = viewOf(song)
      assert.ok(Math.abs((at - start) / (end - start) - 0.25) < 1e-6, `after ${i + 1} times`)
    }
    const { start, end } = viewOf(song)
    assert.equal(Math.round(end - start), 0.05 * SAMPLE_RATE)
  })

  test('stays within the song, and the whole song is no zoomed view', () => {
    zoom(song, 4, 0)
    scrollTo(song, LENGTH)
    assert.deepEqual(viewOf(song), { start: 0.75 * LENGTH, end: LENGTH })
    zoom(song, 0.1, LENGTH)
    assert.equal(isZoomed(song), false)
    assert.deepEqual(viewOf(song), { start: 0, end: LENGTH })
  })

  test('shows a part with a little more on both sides', () => {
    showPart(song, { start: 10 * SAMPLE_RATE, end: 20 * SAMPLE_RATE })
    const { start, end } = viewOf(song)
    assert.deepEqual([start / SAMPLE_RATE, end / SAMPLE_RATE], [9.5, 20.5])
  })
})
