import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readLyrics } from '../../../src/lyrics/formats/read-lyrics.ts'
import type { ReadableFormat } from '../../../src/lyrics/formats/recognise-format.ts'
import { type WritableFormat, writeLyrics } from '../../../src/lyrics/formats/write-lyrics.ts'
import { normaliseLyrics } from '../../../src/lyrics/normalise-lyrics.ts'
import { UserError } from '../../../src/song/errors.ts'
import { FORBIDDEN_CHARACTERS, MAX_LYRICS_BYTES } from '../../../src/song/lyrics-limits.ts'
import { LyricsSchema } from '../../../src/song/lyrics-schema.ts'
import { PARTS_OF_FILES as PARTS, someLyrics } from '../some-lyrics.ts'

const FORMATS: ReadableFormat[] = ['lrc', 'srt', 'vtt', 'ttml', 'ultrastar', 'txt']
const ANY_FORMAT = fc.constantFrom(null, ...FORMATS)
const ULTRASTAR =
  '#TITLE:a\n#BPM:300\n#GAP:1000\nP1\n: 0 4 1 Hel\n: 4 4 1 lo\n- 9\n* 10 2 1 ~\nP2\nF 12 2 1  world\nE\n'
const VTT =
  'WEBVTT\nLanguage: en\n\nNOTE x\n\n1\n00:01.000 --> 00:03.000 align:start\n<v Ann>one <00:02.000>two &amp;\n'
/** The words, checked; null when the file is refused in words. */
function readSafely(bytes: Uint8Array, format: ReadableFormat | null): unknown {
  try {
    const lyrics = readLyrics(bytes, { format, durationMs: 200_000 })
    assert.deepEqual(LyricsSchema.parse(lyrics), lyrics)
    assert.deepEqual(normaliseLyrics(lyrics), lyrics)
    return lyrics
  } catch (error) {
    assert.ok(error instanceof UserError, String((error as Error).stack))
    return null
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a file of words from anybody', () => {
  test('is read, or refused in words, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), ANY_FORMAT, (bytes, format) => void readSafely(bytes, format)),
      {
        numRuns: 1_000,
      },
    )
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PARTS), { maxLength: 30 }), ANY_FORMAT, (parts, format) => {
        readSafely(bytesOf(parts.join('')), format)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is read, or refused in words, when a valid file was damaged', () => {
    const written = fc
      .tuple(
        someLyrics({ timing: 'words', stepMs: 10, hasSyllables: true, hasEnds: true, hasSingers: true }),
        fc.constantFrom<WritableFormat>('lrc', 'elrc', 'srt', 'ttml'),
      )
      .map(([lyrics, format]) => writeLyrics(lyrics, format))
    const damage = fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(8),
        fc.oneof(fc.constantFrom(...PARTS, '99:99', '-', '\u202e', '\0'), fc.string({ maxLength: 4 })),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(fc.oneof(written, fc.constantFrom(ULTRASTAR, VTT)), damage, ANY_FORMAT, (text, changes, format) => {
        let damaged = text
        for (const [at, removed, added] of changes) {
          const from = at % (damaged.length + 1)
          damaged = damaged.slice(0, from) + added + damaged.slice(from + removed)
        }
        readSafely(bytesOf(damaged), format)
      }),
      { numRuns: 1_500 },
    )
  })

  test('is refused above 1 MB as too large', () => {
    assert.throws(() => readLyrics(new Uint8Array(MAX_LYRICS_BYTES + 1).fill(97)), {
      name: 'UserError',
      code: 'too-large',
    })
    assert.equal(readLyrics(new Uint8Array(MAX_LYRICS_BYTES).fill(97)).lines.length > 0, true)
  })

  test('is refused with more lines or words than a song can have', () => {
    assert.throws(() => readLyrics(bytesOf('la\n'.repeat(10_001))), { code: 'too-long' })
    assert.throws(() => readLyrics(bytesOf('la la\n'.repeat(9_999) + 'la '.repeat(5_000))), { code: 'too-long' })
    assert.equal(readLyrics(bytesOf('la\n'.repeat(10_000))).lines.length, 10_000)
  })

  test('cannot stand for more than it is: a long line of LRC that is repeated often is refused', () => {
    const stamps = '[00:01.00]'.repeat(150)
    assert.throws(() => readLyrics(bytesOf(`${stamps}${'la '.repeat(5_000)}`)), { code: 'bad-lyrics' })
  })

  test('is refused if it is a picture, a sound, a document or has zeros', () => {
    for (const start of [
      '\x89PNG\r\n',
      'ID3\x04',
      '%PDF-1.7',
      'PK\x03\x04',
      '{\\rtf1 words}',
      'a\0b',
      '\x01\x02\x03\x04',
    ]) {
      assert.throws(() => readLyrics(Buffer.from(`${start} and words`, 'latin1')), { code: 'bad-lyrics' }, start)
    }
  })

  test('is refused if there are no words in it', () => {
    for (const text of ['', '\n \n', '\ufeff', '[ar:Somebody]\n[00:01.00]\n', '\u200b\u202e']) {
      assert.throws(() => readLyrics(bytesOf(text)), { code: 'bad-lyrics' }, JSON.stringify(text))
    }
  })

  test('keeps HTML as text, and loses control characters and those that reverse the direction', () => {
    const lyrics = readLyrics(
      bytesOf('<script>alert(1)</script>\n\u202eevil\u0007 \u2066word\u0000\n'.replace('\0', '\x1b')),
    )
    const texts = lyrics.lines.map(({ words }) => words.map(({ text }) => text).join(''))
    assert.deepEqual(texts, ['<script>alert(1)</script>', 'evil word'])
    assert.ok(texts.every((text) => !FORBIDDEN_CHARACTERS.test(text)))
  })
})
