import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { moveAll, moveFrom } from '../../../../../web/src/lyrics/editor/edits/move-times.ts'
import { retypeLine } from '../../../../../web/src/lyrics/editor/edits/retype-line.ts'
import { joinLines, splitLine } from '../../../../../web/src/lyrics/editor/edits/split-and-join-lines.ts'
import { joinWords, splitWord } from '../../../../../web/src/lyrics/editor/edits/split-and-join-words.ts'
import { splitsOf, wordsOfText } from '../../../../../web/src/lyrics/editor/edits/words-of-text.ts'
import { lyricsOf, placeIn, someLyrics, textOf, timesOf } from '../some-lyrics.ts'

const LYRICS = lyricsOf([
  [
    ['one ', 1_000, 1_400],
    ['two', 1_500, 1_800],
  ],
  [['three', 2_000, 2_400]],
])
const textsOf = (lyrics: typeof LYRICS) => lyrics.lines.map(({ words }) => words.map(({ text }) => text))

describe('Splitting and joining', () => {
  test('a split line loses the space at its end, and gets it back when it is joined', () => {
    const split = splitLine(LYRICS, { line: 0, word: 1 })
    assert.deepEqual(textsOf(split), [['one'], ['two'], ['three']])
    assert.deepEqual(
      split.lines.map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [1_000, 1_400],
        [1_500, 1_800],
        [2_000, 2_400],
      ],
    )
    assert.deepEqual(joinLines(split, 0), LYRICS)
  })

  test('any line is the same after it is split and joined', () => {
    fc.assert(
      fc.property(someLyrics, fc.nat(50), fc.nat(50), (lyrics, line, word) => {
        const place = placeIn(lyrics, line, word)
        const split = splitLine(lyrics, place)
        if (split !== lyrics) assert.deepEqual(joinLines(split, place.line), lyrics)
      }),
    )
  })

  test('a line without word times divides its time as the letters do', () => {
    const { lines } = splitLine(
      {
        ...LYRICS,
        lines: [
          {
            ...lyricsOf([
              [
                ['aaa ', null, null],
                ['bbbb', null, null],
              ],
            ]).lines[0],
            startMs: 0,
            endMs: 800,
          },
        ] as never,
      },
      { line: 0, word: 1 },
    )
    assert.deepEqual(
      lines.map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [0, 400],
        [400, 800],
      ],
    )
  })

  test('lines of scripts without spaces are joined without one', () => {
    const joined = joinLines(lyricsOf([[['朝', 0, 10]], [['光', 10, 20]]]), 0)
    assert.equal(textOf(joined), '朝光')
  })

  test('joined words keep their times as syllables, and come apart there again', () => {
    const joined = joinWords(LYRICS, { line: 0, word: 0 })
    assert.deepEqual(textsOf(joined)[0], ['onetwo'])
    assert.deepEqual(timesOf(joined)[0], [1_000, 1_800])
    const split = splitWord(joined, { line: 0, word: 0 }, 3)
    assert.deepEqual(timesOf(split).slice(0, 2), [
      [1_000, 1_400],
      [1_500, 1_800],
    ])
    assert.deepEqual(textsOf(split)[0], ['one', 'two'])
  })

  test('a word is split between characters as a reader sees them', () => {
    assert.deepEqual(splitsOf('e\u0301a👩‍👧b'), [2, 3, 8])
    assert.equal(splitWord(LYRICS, { line: 0, word: 0 }, 7), LYRICS)
  })
})

describe('Retyping a line', () => {
  const line = lyricsOf([
    [
      ['Hold ', 0, 400],
      ['me ', 400, 600],
      ['clothes ', 700, 1_300],
      ['now', 1_400, 1_800],
    ],
  ])

  test('keeps the times of words that stay, and gives those of a word to the one that replaces it', () => {
    const retyped = retypeLine(line, 0, 'Hold me closer now')
    assert.deepEqual(timesOf(retyped), timesOf(line))
    assert.equal(textOf(retyped), 'Hold me closer now')
  })

  test('shares the time of replaced words by letters', () => {
    assert.deepEqual(timesOf(retypeLine(line, 0, 'Hold me so close now')).slice(2, 4), [
      [700, 900],
      [900, 1_300],
    ])
  })

  test('puts new words into a gap that is long enough, otherwise without times', () => {
    assert.deepEqual(timesOf(retypeLine(line, 0, 'Hold me a clothes now'))[2], [600, 700])
    assert.deepEqual(timesOf(retypeLine(line, 0, 'Hold to me clothes now'))[1], [null, null])
  })

  test('takes removed words away with their times, and refuses an empty line', () => {
    assert.deepEqual(timesOf(retypeLine(line, 0, '  Hold   now ')), [
      [0, 400],
      [1_400, 1_800],
    ])
    assert.equal(retypeLine(line, 0, '  '), line)
  })

  test('finds words in scripts without spaces, with marks at the word before', () => {
    assert.equal(wordsOfText('朝の光が、やってくる', 'ja').join(''), '朝の光が、やってくる')
    assert.ok(wordsOfText('朝の光が、やってくる', 'ja').length >= 4)
    assert.deepEqual(wordsOfText('a «b c», d', 'en'), ['a ', '«b ', 'c», ', 'd'])
  })
})

describe('Moving many words', () => {
  test('moves all, but none before the beginning of the song', () => {
    assert.deepEqual(timesOf(moveAll(LYRICS, -3_000)), [
      [0, 400],
      [500, 800],
      [1_000, 1_400],
    ])
  })

  test('moves from a word on, and cuts the word before', () => {
    assert.deepEqual(timesOf(moveFrom(LYRICS, { line: 0, word: 1 }, 250)), [
      [1_000, 1_400],
      [1_750, 2_050],
      [2_250, 2_650],
    ])
    assert.deepEqual(timesOf(moveFrom(LYRICS, { line: 0, word: 1 }, -5_000)), [
      [1_000, 1_040],
      [1_040, 1_340],
      [1_540, 1_940],
    ])
  })
})
