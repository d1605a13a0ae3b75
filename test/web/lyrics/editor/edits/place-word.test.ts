import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { moveWord, placeWordAt } from '../../../../../web/src/lyrics/editor/edits/place-word.ts'
import { lyricsOf, timesOf } from '../some-lyrics.ts'

const SECOND = { line: 0, word: 1 }
const LYRICS = lyricsOf([
  [
    ['one ', 1_000, 1_400],
    ['two ', 1_500, 1_800],
    ['three', 1_800, 2_400],
  ],
])

describe('Moving a word', () => {
  test('moves it as a whole, and cuts the word that it runs into', () => {
    const moved = moveWord(LYRICS, SECOND, { part: 'whole', byMs: 100 })
    assert.deepEqual(timesOf(moved), [
      [1_000, 1_400],
      [1_600, 1_900],
      [1_900, 2_400],
    ])
  })

  test('moves its start into the word before, which keeps its own start and 40 ms', () => {
    const moved = moveWord(LYRICS, SECOND, { part: 'start', byMs: -5_000 })
    assert.deepEqual(timesOf(moved), [
      [1_000, 1_040],
      [1_040, 1_800],
      [1_800, 2_400],
    ])
  })

  test('moves its end into the word after, which keeps its own end and 40 ms', () => {
    const moved = moveWord(LYRICS, SECOND, { part: 'end', byMs: 5_000 })
    assert.deepEqual(timesOf(moved), [
      [1_000, 1_400],
      [1_500, 2_360],
      [2_360, 2_400],
    ])
  })

  test('does not make it shorter than 40 ms', () => {
    assert.deepEqual(timesOf(moveWord(LYRICS, SECOND, { part: 'end', byMs: -5_000 }))[1], [1_500, 1_540])
    assert.deepEqual(timesOf(moveWord(LYRICS, SECOND, { part: 'start', byMs: 5_000 }))[1], [1_760, 1_800])
  })

  test('confirms it, and no other word', () => {
    const { lines } = moveWord(LYRICS, SECOND, { part: 'whole', byMs: 10 })
    assert.deepEqual(
      lines[0]?.words.map(({ isConfirmed }) => isConfirmed),
      [false, true, false],
    )
  })

  test('takes its line along at the ends, and leaves words without times alone', () => {
    const { lines } = moveWord(LYRICS, { line: 0, word: 0 }, { part: 'whole', byMs: -200 })
    assert.deepEqual([lines[0]?.startMs, lines[0]?.endMs], [800, 2_400])
    const untimed = lyricsOf([[['a', null, null]]])
    assert.equal(moveWord(untimed, { line: 0, word: 0 }, { part: 'whole', byMs: 10 }), untimed)
  })

  test('does not stop at words of another singer', () => {
    const lines = [...LYRICS.lines, { ...LYRICS.lines[0], singer: 'Ann' }] as typeof LYRICS.lines
    const moved = moveWord({ ...LYRICS, lines }, { line: 1, word: 0 }, { part: 'whole', byMs: -900 })
    assert.deepEqual(timesOf(moved)[3], [100, 500])
    assert.deepEqual(timesOf(moved).slice(0, 3), timesOf(LYRICS))
  })
})

test('A word without times is placed at the playhead, between its neighbours', () => {
  const lyrics = lyricsOf([
    [
      ['one ', 1_000, 1_400],
      ['two ', null, null],
      ['three', 1_800, 2_400],
    ],
  ])
  assert.deepEqual(timesOf(placeWordAt(lyrics, SECOND, 1_450))[1], [1_450, 1_750])
  assert.deepEqual(timesOf(placeWordAt(lyrics, SECOND, 100))[1], [1_040, 1_340])
})

test('A line of which only the line has times is moved by its words, and cuts the line before', () => {
  const lines = lyricsOf([[['one', null, null]], [['two', null, null]]]).lines
  const timed = [
    { ...lines[0], startMs: 1_000, endMs: 3_000 },
    { ...lines[1], startMs: 3_000, endMs: null },
  ] as typeof lines
  const moved = moveWord({ ...LYRICS, lines: timed }, { line: 1, word: 0 }, { part: 'whole', byMs: -500 })
  assert.deepEqual(
    moved.lines.map(({ startMs, endMs }) => [startMs, endMs]),
    [
      [1_000, 2_500],
      [2_500, 5_500],
    ],
  )
})
