import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Lyrics, LyricsLine, LyricsWord } from '../../../src/song/lyrics.ts'
import { areTimed, pauseAt, sungPlace } from '../../../web/src/lyrics/sung-place.ts'

const word = (text: string, startMs: number | null, endMs: number | null): LyricsWord => {
  return { text, startMs, endMs, syllables: null, reading: null, isConfirmed: false }
}
const line = (
  words: LyricsWord[],
  startMs = words[0]?.startMs ?? null,
  endMs = words.at(-1)?.endMs ?? null,
): LyricsLine => {
  return { words, startMs, endMs, singer: null, isDoubtful: false }
}
const lyricsOf = (...lines: LyricsLine[]): Lyrics => ({ language: null, source: 'file', isDraft: false, lines })

/** Two lines with a pause of ten seconds before each. */
const SONG = lyricsOf(
  line([word('One ', 10_000, 10_500), word('two', 11_000, 12_000)]),
  line([word('three', 22_000, 23_000)]),
)

describe('the place of a song in its words', () => {
  test('is before the first line, in a word, between words, behind a line', () => {
    const places = [0, 10_250, 10_700, 11_500, 12_000, 22_000].map((ms) => sungPlace(SONG, ms))
    assert.deepEqual(
      places.map(({ line, word, share, isOver }) => [line, word, share, isOver]),
      [
        [-1, -1, 0, false],
        [0, 0, 0.5, false],
        [0, 0, 1, false],
        [0, 1, 0.5, false],
        [0, 1, 1, true],
        [1, 0, 0, false],
      ],
    )
  })

  test('fills a word by its syllables, each as wide as its letters', () => {
    const syllables = [
      { text: 'o', startMs: 0, endMs: 100 },
      { text: 'cean', startMs: 900, endMs: 1_000 },
    ]
    const song = lyricsOf(line([{ ...word('ocean', 0, 1_000), syllables }]))
    assert.deepEqual(
      [50, 500, 950].map((ms) => sungPlace(song, ms).share),
      [0.1, 0.2, 0.6],
    )
  })

  test('is a whole line where only lines have times', () => {
    const song = lyricsOf(line([word('One', null, null)], 1_000, null), line([word('two', null, null)], 3_000, null))
    assert.deepEqual(sungPlace(song, 2_000), { line: 0, word: -1, share: 0, isOver: false })
    assert.equal(sungPlace(song, 3_000).line, 1)
  })

  test('is known only if there are times', () => {
    assert.ok(areTimed(SONG))
    assert.ok(!areTimed(lyricsOf(line([word('One', null, null)]))))
  })
})

describe('a pause between two lines', () => {
  const pause = (ms: number) => pauseAt(SONG, sungPlace(SONG, ms), ms)

  test('is counted in for its last three seconds, one dot for each', () => {
    assert.deepEqual(
      [7_001, 8_000, 9_000, 9_999, 19_500].map((ms) => pause(ms).dots),
      [3, 2, 1, 1, 3],
    )
  })

  test('shows how long an instrumental part still is', () => {
    assert.deepEqual(pause(2_000), { dots: 0, instrumentalMs: 8_000 })
    assert.deepEqual(pause(13_000), { dots: 0, instrumentalMs: 9_000 })
  })

  test('shows nothing while a line is sung, in a short pause, and behind the last line', () => {
    const none = { dots: 0, instrumentalMs: 0 }
    assert.deepEqual(pause(11_500), none)
    assert.deepEqual(pause(30_000), none)
    const short = lyricsOf(line([word('a', 0, 1_000)]), line([word('b', 3_000, 4_000)]))
    assert.deepEqual(pauseAt(short, sungPlace(short, 2_000), 2_000), none)
  })
})
