import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fileNameOf } from '../../src/platform/file-name.ts'

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
