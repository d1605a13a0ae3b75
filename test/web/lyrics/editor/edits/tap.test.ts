import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Lyrics } from '../../../../../src/song/lyrics.ts'
import { endTappedLine, tapLine } from '../../../../../web/src/lyrics/editor/edits/tap-lines.ts'
import { endLastTap, endTappedWord, tapWord } from '../../../../../web/src/lyrics/editor/edits/tap-words.ts'
import { lyricsOf, timesOf } from '../some-lyrics.ts'

const UNTIMED = lyricsOf([
  [
    ['one ', null, null],
    ['two', null, null],
  ],
  [['three', null, null]],
])

/** Taps the words of the lyrics in order: when each key goes down, and when it goes up. */
function tapAll(lyrics: Lyrics, taps: readonly { line: number; word: number; down: number; up: number }[]): Lyrics {
  return taps.reduce((each, { line, word, down, up }) => {
    return endTappedWord(tapWord(each, { line, word }, down), { line, word }, up)
  }, lyrics)
}

describe('Tapping words', () => {
  test('places each from press to release', () => {
    const tapped = tapAll(UNTIMED, [
      { line: 0, word: 0, down: 1_000, up: 1_400 },
      { line: 0, word: 1, down: 1_500, up: 2_000 },
    ])
    assert.deepEqual(timesOf(tapped), [
      [1_000, 1_400],
      [1_500, 2_000],
      [null, null],
    ])
    assert.deepEqual([tapped.lines[0]?.startMs, tapped.lines[0]?.endMs], [1_000, 2_000])
    assert.ok(tapped.lines[0]?.words.every(({ isConfirmed }) => isConfirmed))
  })

  test('lets a word last until the next after a short press, but not across a pause between lines', () => {
    const tapped = tapAll(UNTIMED, [
      { line: 0, word: 0, down: 1_000, up: 1_060 },
      { line: 0, word: 1, down: 1_500, up: 1_560 },
      { line: 1, word: 0, down: 9_000, up: 9_060 },
    ])
    assert.deepEqual(timesOf(endLastTap(tapped, { line: 1, word: 0 })), [
      [1_000, 1_500],
      [1_500, 2_100],
      [9_000, 9_300],
    ])
  })

  test('cuts the word before, and takes the times of later words that ended earlier', () => {
    const lyrics = lyricsOf([
      [
        ['one ', 0, 800],
        ['two ', 900, 1_000],
        ['three ', 1_000, 1_200],
        ['four', 3_000, 3_100],
      ],
    ])
    const tapped = tapAll(lyrics, [{ line: 0, word: 1, down: 1_500, up: 1_900 }])
    assert.deepEqual(timesOf(tapped), [
      [0, 800],
      [1_500, 1_900],
      [null, null],
      [3_000, 3_100],
    ])
    assert.deepEqual(timesOf(tapAll(lyrics, [{ line: 0, word: 1, down: 500, up: 700 }]))[0], [0, 500])
  })

  test('lets a held word go on over the old place of the next, which begins later then', () => {
    const lyrics = lyricsOf([
      [
        ['one ', 1_000, 1_400],
        ['two', 1_400, 2_400],
      ],
    ])
    const tapped = tapAll(lyrics, [{ line: 0, word: 0, down: 1_380, up: 1_700 }])
    assert.deepEqual(timesOf(tapped), [
      [1_380, 1_700],
      [1_700, 2_400],
    ])
  })
})

test('A doubtful line is doubtful until all its words are tapped', () => {
  const doubtful = { ...UNTIMED, lines: UNTIMED.lines.map((line) => ({ ...line, isDoubtful: true })) }
  const once = tapAll(doubtful, [{ line: 0, word: 0, down: 1_000, up: 1_400 }])
  const twice = tapAll(once, [{ line: 0, word: 1, down: 1_500, up: 2_000 }])
  assert.deepEqual(
    [once.lines[0]?.isDoubtful, twice.lines[0]?.isDoubtful, twice.lines[1]?.isDoubtful],
    [true, false, true],
  )
})

describe('Tapping lines', () => {
  const lyrics = lyricsOf([
    [
      ['one ', 1_000, 1_500],
      ['two', 1_500, 2_000],
    ],
    [
      ['three ', 2_500, 3_000],
      ['four', 3_000, 3_500],
    ],
    [['five', 3_600, 4_000]],
  ])

  test('moves the words of a line together, and later lines only as far as they would overlap', () => {
    assert.deepEqual(timesOf(tapLine(lyrics, 1, 2_800)), [
      [1_000, 1_500],
      [1_500, 2_000],
      [2_800, 3_300],
      [3_300, 3_800],
      [3_800, 4_200],
    ])
  })

  test('ends the line before, whose words keep their shares of it', () => {
    assert.deepEqual(timesOf(tapLine(lyrics, 1, 1_500)).slice(0, 2), [
      [1_000, 1_250],
      [1_250, 1_500],
    ])
  })

  test('gives a line without times its start, and its end after a long press', () => {
    const tapped = tapLine(tapLine(UNTIMED, 0, 700), 1, 2_000)
    assert.deepEqual(
      tapped.lines.map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [700, 2_000],
        [2_000, null],
      ],
    )
    assert.equal(endTappedLine(tapped, 1, 3_100).lines[1]?.endMs, 3_100)
    assert.equal(endTappedLine(tapped, 1, 2_100).lines[1]?.endMs, null)
  })
})
