import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Lyrics, LyricsLine, LyricsWord } from '../../src/song/lyrics.ts'
import { LyricsSchema } from '../../src/song/lyrics-schema.ts'

const WORD: LyricsWord = { text: 'la ', startMs: 100, endMs: 200, syllables: null, reading: null, isConfirmed: false }
const LINE: LyricsLine = { words: [WORD], startMs: 100, endMs: 200, singer: null, isDoubtful: false }
const LYRICS: Lyrics = { language: 'pt-BR', source: 'editor', isDraft: false, lines: [LINE] }
const withWords = (...words: Partial<LyricsWord>[]) => ({
  ...LYRICS,
  lines: [{ ...LINE, words: words.map((word) => ({ ...WORD, ...word })) }],
})
const isAccepted = (lyrics: unknown) => LyricsSchema.safeParse(lyrics).success

describe('words that a page sends', () => {
  test('are accepted with times, with some, or with none', () => {
    assert.deepEqual(LyricsSchema.parse(LYRICS), LYRICS)
    assert.ok(isAccepted(withWords({}, { startMs: null, endMs: null }, { startMs: 300, endMs: null })))
    assert.ok(isAccepted({ ...LYRICS, lines: [{ ...LINE, startMs: null, endMs: null }] }))
  })

  test('are refused if their times run backwards, are no whole milliseconds or are below zero', () => {
    assert.ok(!isAccepted(withWords({ startMs: 200, endMs: 100 })))
    assert.ok(!isAccepted(withWords({ startMs: 500, endMs: 600 }, { startMs: 100, endMs: 200 })))
    assert.ok(!isAccepted(withWords({ startMs: null, endMs: 100 })))
    assert.ok(!isAccepted(withWords({ startMs: -1 })))
    assert.ok(!isAccepted(withWords({ startMs: 0.5 })))
    const back = [
      { text: 'l', startMs: 150, endMs: 160 },
      { text: 'a ', startMs: 100, endMs: 120 },
    ]
    assert.ok(!isAccepted(withWords({ syllables: back })))
  })

  test('are refused with control characters, reversed direction or line ends in any text', () => {
    for (const text of ['a\0', 'a\n', 'a\u202eb', '\u2066a', 'a\u007f', '\ud800', '', '  ']) {
      assert.ok(!isAccepted(withWords({ text })), JSON.stringify(text))
    }
    assert.ok(!isAccepted(withWords({ reading: 'a\u202e' })))
    assert.ok(!isAccepted({ ...LYRICS, lines: [{ ...LINE, singer: 'a\u0007' }] }))
    assert.ok(isAccepted(withWords({ text: '<script>' })))
  })

  test('are refused if syllables spell another word', () => {
    assert.ok(!isAccepted(withWords({ syllables: [{ text: 'lo', startMs: 100, endMs: 200 }] })))
  })

  test('are refused with unknown fields, or more than a song can have', () => {
    assert.ok(!isAccepted({ ...LYRICS, extra: 1 }))
    assert.ok(!isAccepted(withWords({ extra: 1 } as Partial<LyricsWord>)))
    assert.ok(!isAccepted({ ...LYRICS, language: 'English' }))
    assert.ok(!isAccepted({ ...LYRICS, lines: Array(10_001).fill(LINE) }))
    assert.ok(!isAccepted({ ...LYRICS, lines: Array(101).fill({ ...LINE, words: Array(200).fill(WORD) }) }))
    assert.ok(!isAccepted(withWords({ text: 'x'.repeat(201) })))
  })
})
