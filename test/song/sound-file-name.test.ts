import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSoundFileName, withoutSoundExtension } from '../../src/song/sound-file-name.ts'

describe('the extension of a sound file', () => {
  test('only the extension of a sound format is removed from a file name', () => {
    const names = {
      'Song.mp3': 'Song',
      'Song.WAV': 'Song',
      'a.tar sång.flac': 'a.tar sång',
      'Song.wav.mp3': 'Song.wav',
      'Mr. Song': 'Mr. Song',
      'Mr. Song.opus': 'Mr. Song',
      'Vol. 1': 'Vol. 1',
      'Vol. 2': 'Vol. 2',
      'take 1.5': 'take 1.5',
      'notes.txt': 'notes.txt',
      'two\nlines.wav': 'two\nlines',
    }
    for (const [name, stem] of Object.entries(names)) assert.equal(withoutSoundExtension(name), stem)
  })

  test('a name stays whole if only dots would be left of it', () => {
    for (const name of ['.wav', '..wav', '...wav', '....mp3']) assert.equal(withoutSoundExtension(name), name)
  })

  test('the extension tells sound files from other files in a folder', () => {
    const names = ['a.mp3', 'b.txt', '.c.mp3', 'd', 'e.webm']
    assert.deepEqual(names.filter(isSoundFileName), ['a.mp3', 'e.webm'])
  })
})
