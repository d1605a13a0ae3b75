import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fileNameOf } from '../../src/platform/file-name.ts'
import { parseFileName } from '../../src/song/name-parts.ts'
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

  test('a title does not contain the extension of a sound file', () => {
    assert.deepEqual(parseFileName('Mr. Song'), { title: 'Mr. Song', band: '' })
    assert.deepEqual(parseFileName('Band - Vol. 2.m4a'), { title: 'Vol. 2', band: 'Band' })
  })

  test('the extension tells sound files from other files in a folder', () => {
    const names = ['a.mp3', 'b.txt', '.c.mp3', 'd', 'e.webm']
    assert.deepEqual(names.filter(isSoundFileName), ['a.mp3', 'e.webm'])
  })
})

describe('a safe file name', () => {
  test('any text gives a file name that stays in the folder that it is joined to', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.constantFrom('', '.wav', ' (minus vocals).flac'),
        (text, suffix) => {
          const name = fileNameOf(text, suffix)
          assert.equal(join('folder', name), `folder/${name}`)
          assert.ok(name.endsWith(suffix) && name !== '')
          assert.ok(Buffer.byteLength(name) <= 255)
          assert.doesNotMatch(name, /\p{Cc}/u)
        },
      ),
    )
    for (const text of ['', '.', '..', '/', '../../x', 'a\0b']) assert.match(fileNameOf(text), /^(?!\.{0,2}$)[^/\0]+$/)
  })

  test('a file name of more than 255 bytes is cut between two characters', () => {
    assert.equal(fileNameOf('ä'.repeat(200), '.wav'), `${'ä'.repeat(125)}.wav`)
    assert.equal(fileNameOf('🎤'.repeat(100)), '🎤'.repeat(63))
  })

  test('a file name is never the name of a Windows device', () => {
    assert.deepEqual(
      ['nul', 'Con.wav', 'COM1', 'console', 'nuladies'].map((text) => fileNameOf(text)),
      ['nul_', 'Con_.wav', 'COM1_', 'console', 'nuladies'],
    )
  })
})
