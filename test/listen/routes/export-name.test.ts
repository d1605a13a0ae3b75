import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportName } from '../../../src/listen/routes/export-name.ts'
import type { Song } from '../../../src/store/queries/songs.ts'
import type { Mix } from '../../../src/store/tables/files.ts'

const songOf = (...stems: string[]) =>
  ({ band: '', title: 'Title', tracks: stems.map((stem, index) => ({ id: index + 1, stem })) }) as unknown as Song
const BAND = songOf('vocals', 'drums', 'bass', 'other')
const DUO = songOf('vocals', 'instrumental')

const nameOf = (song: Song, mix: Partial<Mix> | null, trackId: number | null = null) =>
  exportName({ song, file: { trackId, mix: mix && { tracks: [1, 2, 3, 4], gains: {}, ...mix } }, format: 'mp3' })

test('the file name of a mix says key and tempo, and nothing of them as recorded', () => {
  assert.equal(
    nameOf(BAND, { tracks: [2, 3, 4], semitones: -3, tempo: 0.8 }),
    'Title (minus vocals, −3 semitones, 80 %).mp3',
  )
  assert.equal(nameOf(BAND, { semitones: 1, tempo: 1.255 }), 'Title (+1 semitone, 125.5 %).mp3')
  assert.equal(nameOf(BAND, { semitones: 0, tempo: 1 }), 'Title.mp3')
})

test('the file name of a mix says which tracks are louder, softer or at a side', () => {
  const changes = { gains: { 2: -6, 3: 3.5 }, pan: { 2: -0.5, 4: 1 } }
  assert.equal(nameOf(BAND, changes), 'Title (drums −6 dB 50 % left, bass +3.5 dB, other 100 % right).mp3')
})

test('the file name of a mix of one track of many is that of the track', () => {
  assert.equal(nameOf(BAND, { tracks: [2] }), 'Title (drums).mp3')
  assert.equal(nameOf(BAND, { tracks: [2], gains: { 2: -6 }, tempo: 0.5 }), 'Title (drums −6 dB, 50 %).mp3')
  assert.equal(nameOf(DUO, { tracks: [2] }), 'Title (minus vocals).mp3')
})

test('the file name of a stem says its key and tempo', () => {
  assert.equal(nameOf(BAND, null, 3), 'Title (bass).mp3')
  assert.equal(nameOf(BAND, { tracks: [3], semitones: 2 }, 3), 'Title (bass, +2 semitones).mp3')
})
