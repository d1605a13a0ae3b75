import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { changeMix } from '../../../web/src/player/change-mix.ts'
import { setLoop } from '../../../web/src/player/loop.ts'
import { type Mix, mixesOf, mixInForce } from '../../../web/src/player/mix.ts'
import { SAMPLE_RATE } from '../../../web/src/player/mixer.ts'
import type { Player } from '../../../web/src/player/player.ts'
import { setPractice } from '../../../web/src/player/set-practice.ts'
import { songs } from '../../../web/src/server/songs.ts'
import { undoHistory } from '../../../web/src/undo-history.ts'
import { openFakePlayer, separatedSong } from './fake-player.ts'

const [VOCALS, DRUMS] = [10, 11]
const FLAT: Mix = { muted: [], solo: [], decibels: {}, pan: {} }

describe('What changes the sound of a song can be undone', () => {
  const song = separatedSong(1)
  let player: Player

  const mix = () => mixInForce(player.settings, song.music)
  const change = (changes: Partial<Mix>) => changeMix(player, song, { ...mix(), ...changes })
  const label = () => undoHistory.canUndo.value

  beforeEach(async () => {
    ;({ player } = openFakePlayer())
    await player.play(1)
    change(FLAT)
    undoHistory.clear()
  })

  test('a step is named by the one thing of the one track that it changes', () => {
    change({ decibels: { [DRUMS]: -6 } })
    assert.equal(label(), 'loudness of drums')
    change({ pan: { [VOCALS]: 0.5 } })
    assert.equal(label(), 'balance of vocals')
    change({ muted: [VOCALS] })
    assert.equal(label(), 'mute of vocals')
    change({ solo: [DRUMS] })
    assert.equal(label(), 'solo of drums')
  })

  test('a drag of one fader is one step, and a drag of another is the next', async () => {
    for (const db of [-1, -2, -3]) change({ decibels: { [DRUMS]: db } })
    for (const db of [-4, -5]) change({ decibels: { [DRUMS]: -3, [VOCALS]: db } })
    await undoHistory.undo()
    assert.deepEqual(mix().decibels, { [DRUMS]: -3 })
    await undoHistory.undo()
    assert.deepEqual(mix().decibels, {})
    assert.equal(label(), null)
    await undoHistory.redo()
    assert.deepEqual(mix().decibels, { [DRUMS]: -3 })
  })

  test('a preset that wipes faders and balances is undone with all of them', async () => {
    change({ decibels: { [DRUMS]: -6, [VOCALS]: 3 }, pan: { [DRUMS]: -1 }, solo: [VOCALS] })
    const before = mix()
    const preset = mixesOf(song.music).find(({ name }) => name === 'Only the voice')
    change(preset?.mix ?? FLAT)
    assert.equal(label(), 'mix: Only the voice')
    await undoHistory.undo()
    assert.deepEqual(mix(), before)
  })

  test('a change that changes nothing is no step', () => {
    change({ decibels: { [DRUMS]: 0 }, pan: { [VOCALS]: 0 } })
    assert.equal(label(), null)
  })

  test('a loop is undone, also while another song is open', async () => {
    const loop = { start: 0, end: 4 * SAMPLE_RATE }
    setLoop(player, loop)
    setLoop(player, null)
    assert.equal(label(), 'loop')
    await undoHistory.undo()
    assert.deepEqual(player.loop.value, loop)
    await player.play(2)
    await undoHistory.undo()
    assert.equal(player.loop.value, null, 'that of the other song')
  })

  test('key and tempo are undone, and a drag of a slider is one step', async () => {
    for (const tempo of [0.9, 0.8, 0.7]) setPractice(player, 1, { tempo })
    setPractice(player, 1, { semitones: 3 })
    assert.equal(label(), 'key')
    setPractice(player, 1, { semitones: 0, tempo: 1 })
    assert.equal(label(), 'key and tempo')
    await undoHistory.undo()
    assert.deepEqual(player.practice.value, { semitones: 3, tempo: 0.7 })
    await undoHistory.undo()
    await undoHistory.undo()
    assert.deepEqual(player.practice.value, { semitones: 0, tempo: 1 })
  })

  test('the tempo that the loop trainer raises is no step', async () => {
    setPractice(player, 1, { tempo: 0.7 })
    undoHistory.clear()
    player.practising.trainer.value = { stepPercent: 5, targetTempo: 1 }
    player.practising.countPasses(2)
    assert.equal(player.practice.value.tempo, 0.8)
    assert.equal(label(), null)
  })

  test('steps of a deleted song are passed over, and are there again with the song', async () => {
    change({ muted: [DRUMS] })
    const all = songs.value
    songs.value = new Map()
    assert.equal(label(), null)
    songs.value = all
    assert.equal(label(), 'mute of drums')
  })
})
