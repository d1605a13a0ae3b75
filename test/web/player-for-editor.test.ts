import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { EditorPlayer } from '../../web/src/lyrics/editor/editor-player.ts'
import { SAMPLE_RATE } from '../../web/src/player/mixer.ts'
import { playerForEditor } from '../../web/src/player-for-editor.ts'
import { openFakePlayer, separatedSong } from './player/fake-player.ts'

describe('The player of an editor of words', () => {
  let fake: ReturnType<typeof openFakePlayer>
  let editor: EditorPlayer
  let release: () => void

  beforeEach(async () => {
    fake = openFakePlayer()
    await fake.player.seek(1, 0)
    fake.player.settings.change(1, { tempo: 0.8, loop: { start: 1, end: 2 } })
    ;({ player: editor, release } = playerForEditor(fake.player, separatedSong(1)))
  })

  test('plays as recorded, without the loop of the song, and with the voice above the rest', () => {
    const { tempo, loop, mix } = fake.player.settings.of(1).value
    assert.deepEqual([tempo, loop, mix?.gains], [1, null, { drums: -9 }])
    assert.deepEqual(fake.player.practice.value, { semitones: 0, tempo: 1 })
  })

  test('plays at half tempo and in a loop, and saves neither', () => {
    editor.setTempo(0.5)
    editor.setLoop({ startMs: 3_000, endMs: 4_000 })
    assert.equal(fake.player.practice.value.tempo, 0.5)
    assert.deepEqual(fake.player.loop.value, { start: 3 * SAMPLE_RATE, end: 4 * SAMPLE_RATE })
    release()
    assert.equal(fake.player.practice.value.tempo, 0.8)
    assert.deepEqual(fake.player.loop.value, { start: SAMPLE_RATE, end: 2 * SAMPLE_RATE })
  })

  test('tells the time in milliseconds of the song', async () => {
    editor.seek(12_340)
    await fake.player.seek(1, 12.34 * SAMPLE_RATE)
    assert.equal(Math.round(editor.positionMs()), 12_340)
    assert.equal(editor.durationMs(), 60_000)
  })
})
