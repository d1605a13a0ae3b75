import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { LyricsEdit } from '../../../../web/src/lyrics/editor/lyrics-edit.ts'
import { Tapping } from '../../../../web/src/lyrics/editor/tapping.ts'
import { FakeEditorPlayer } from './fake-editor-player.ts'
import { FakeStorage } from './fake-storage.ts'
import { lyricsOf, timesOf } from './some-lyrics.ts'

const LYRICS = lyricsOf([
  [
    ['one ', null, null],
    ['two', null, null],
  ],
  [
    ['three ', 5_000, 5_400],
    ['four', 5_400, 5_800],
  ],
])

describe('Tap mode', () => {
  let player: FakeEditorPlayer
  let edit: LyricsEdit
  let tapping: Tapping

  beforeEach(() => {
    player = new FakeEditorPlayer()
    edit = new LyricsEdit({ musicId: 1, lyrics: LYRICS, revision: 1 }, new FakeStorage())
    tapping = new Tapping(edit, player)
  })

  function tap(downMs: number, upMs: number): void {
    player.ms = downMs
    tapping.down()
    player.ms = upMs
    tapping.up()
  }

  test('plays at half tempo from before the selected word, and gives the tempo back', () => {
    edit.selected.value = { line: 1, word: 0 }
    tapping.start()
    assert.deepEqual(player.asked, ['seek 3500', 'tempo 0.5'])
    assert.ok(player.isPlaying.value)
    tapping.stop()
    assert.equal(player.asked.at(-1), 'tempo null')
    assert.ok(!player.isPlaying.value)
  })

  test('plays as recorded where the tempo cannot be changed', () => {
    player.hasTempo.value = false
    tapping.start()
    assert.equal(player.asked.at(-1), 'tempo null')
    assert.ok(!tapping.isHalfTempo.value)
  })

  test('places word after word, over the ends of lines, and ends after the last', () => {
    tapping.start()
    for (const ms of [1_000, 2_000, 3_000, 4_000]) tap(ms, ms + 500)
    assert.deepEqual(timesOf(edit.lyrics.value), [
      [1_000, 1_500],
      [2_000, 2_500],
      [3_000, 3_500],
      [4_000, 4_500],
    ])
    assert.equal(tapping.next.value, null)
  })

  test('makes one step of a press and its release', () => {
    tapping.start()
    tap(1_000, 1_900)
    assert.equal(edit.canUndo.value, 'tap of “one”')
    edit.undo()
    assert.equal(edit.lyrics.value, LYRICS)
  })

  test('goes back two words, and plays before them', () => {
    tapping.start()
    for (const ms of [1_000, 2_000, 3_000]) tap(ms, ms + 500)
    tapping.stepBack()
    assert.deepEqual(tapping.next.value, { line: 0, word: 1 })
    assert.equal(player.asked.at(-1), 'seek 500')
  })

  test('places whole lines when it taps lines', () => {
    tapping.setUnit('line')
    tapping.start()
    tap(1_000, 1_050)
    tap(3_000, 3_050)
    assert.deepEqual(timesOf(edit.lyrics.value), [
      [null, null],
      [null, null],
      [3_000, 3_400],
      [3_400, 3_800],
    ])
    assert.deepEqual([edit.lyrics.value.lines[0]?.startMs, edit.lyrics.value.lines[0]?.endMs], [1_000, 3_000])
  })

  test('only plays on while the song is paused', () => {
    tapping.start()
    player.pause()
    tapping.down()
    assert.ok(player.isPlaying.value)
    assert.equal(edit.canUndo.value, null)
  })
})
