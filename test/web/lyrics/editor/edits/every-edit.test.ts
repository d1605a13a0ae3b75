import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Lyrics } from '../../../../../src/song/lyrics.ts'
import {
  clearTimes,
  confirmLine,
  insertLine,
  markChecked,
  setSinger,
} from '../../../../../web/src/lyrics/editor/edits/change-lines.ts'
import { moveAll, moveFrom } from '../../../../../web/src/lyrics/editor/edits/move-times.ts'
import { moveWord, placeWordAt } from '../../../../../web/src/lyrics/editor/edits/place-word.ts'
import { retypeLine } from '../../../../../web/src/lyrics/editor/edits/retype-line.ts'
import { joinLines, splitLine } from '../../../../../web/src/lyrics/editor/edits/split-and-join-lines.ts'
import { joinWords, splitWord } from '../../../../../web/src/lyrics/editor/edits/split-and-join-words.ts'
import { endTappedLine, tapLine } from '../../../../../web/src/lyrics/editor/edits/tap-lines.ts'
import { endLastTap, endTappedWord, tapWord } from '../../../../../web/src/lyrics/editor/edits/tap-words.ts'
import type { WordPlace } from '../../../../../web/src/lyrics/editor/edits/word-place.ts'
import { assertInOrder, lettersOf, placeIn, someLyrics, textOf } from '../some-lyrics.ts'

type Edit = (lyrics: Lyrics, place: WordPlace, ms: number) => Lyrics

/** Edits of times: they keep the text. */
const OF_TIMES: Record<string, Edit> = {
  'moving the start of a word': (lyrics, place, ms) => moveWord(lyrics, place, { part: 'start', byMs: ms - 2_000 }),
  'moving the end of a word': (lyrics, place, ms) => moveWord(lyrics, place, { part: 'end', byMs: ms - 2_000 }),
  'moving a word': (lyrics, place, ms) => moveWord(lyrics, place, { part: 'whole', byMs: ms - 2_000 }),
  'placing a word': placeWordAt,
  'tapping a word': tapWord,
  'tapping and holding a word': (lyrics, place, ms) => endTappedWord(tapWord(lyrics, place, ms), place, ms + 700),
  'tapping a word last': (lyrics, place, ms) => endLastTap(tapWord(lyrics, place, ms), place),
  'tapping a line': (lyrics, { line }, ms) => tapLine(lyrics, line, ms),
  'tapping and holding a line': (lyrics, { line }, ms) => endTappedLine(tapLine(lyrics, line, ms), line, ms + 900),
  'moving all': (lyrics, _, ms) => moveAll(lyrics, ms - 2_000),
  'moving from a word on': (lyrics, place, ms) => moveFrom(lyrics, place, ms - 2_000),
  'clearing a line': (lyrics, { line }) => clearTimes(lyrics, line),
  'confirming a line': (lyrics, { line }) => confirmLine(lyrics, line),
  'checking a line': (lyrics, { line }) => markChecked(lyrics, line),
  'naming a singer': (lyrics, { line }) => setSinger(lyrics, line, 'Ann'),
}
/** Edits of the text: they keep its letters. */
const OF_TEXT: Record<string, Edit> = {
  'splitting a line': (lyrics, place) => splitLine(lyrics, place),
  'joining lines': (lyrics, { line }) => joinLines(lyrics, line),
  'splitting a word': (lyrics, place, ms) => splitWord(lyrics, place, 1 + (ms % 5)),
  'joining words': (lyrics, place) => joinWords(lyrics, place),
}
const OTHERS: Record<string, Edit> = {
  'retyping a line': (lyrics, { line }, ms) =>
    retypeLine(lyrics, line, `${textOf({ ...lyrics, lines: lyrics.lines.slice(line, line + 1) }).slice(ms % 4)} x y`),
  'inserting a line': (lyrics, { line }) => insertLine(lyrics, line, 'one two'),
}
const ALL = { ...OF_TIMES, ...OF_TEXT, ...OTHERS }

const anEdit = fc.record({ line: fc.nat(50), word: fc.nat(50), ms: fc.nat(6_000) })

describe('Every edit of lyrics', () => {
  for (const [name, edit] of Object.entries(ALL)) {
    test(`keeps words in order, without overlaps, and in their lines: ${name}`, () => {
      fc.assert(
        fc.property(someLyrics, anEdit, (lyrics, { line, word, ms }) => {
          assertInOrder(edit(lyrics, placeIn(lyrics, line, word), ms))
        }),
        { numRuns: 300 },
      )
    })
  }

  test('keeps that order also after many others of one singer', () => {
    const edits = Object.values(ALL).filter((edit) => edit !== ALL['naming a singer'])
    const several = fc.array(fc.tuple(fc.nat(edits.length - 1), anEdit), { maxLength: 12 })
    fc.assert(
      fc.property(someLyrics, several, (lyrics, chosen) => {
        const edited = chosen.reduce((each, [index, { line, word, ms }]) => {
          return edits[index]?.(each, placeIn(each, line, word), ms) ?? each
        }, lyrics)
        assertInOrder(edited)
      }),
      { numRuns: 500 },
    )
  })

  for (const [name, edit] of Object.entries(OF_TIMES)) {
    test(`of times keeps the text: ${name}`, () => {
      fc.assert(
        fc.property(someLyrics, anEdit, (lyrics, { line, word, ms }) => {
          assert.equal(textOf(edit(lyrics, placeIn(lyrics, line, word), ms)), textOf(lyrics))
        }),
      )
    })
  }

  for (const [name, edit] of Object.entries(OF_TEXT)) {
    test(`of words and lines keeps the letters: ${name}`, () => {
      fc.assert(
        fc.property(someLyrics, anEdit, (lyrics, { line, word, ms }) => {
          assert.equal(lettersOf(edit(lyrics, placeIn(lyrics, line, word), ms)), lettersOf(lyrics))
        }),
      )
    })
  }
})
