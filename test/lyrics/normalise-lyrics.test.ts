import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { normaliseLyrics } from '../../src/lyrics/normalise-lyrics.ts'
import { untimedWord } from '../../src/lyrics/words-of-pieces.ts'
import { type Lyrics, type LyricsLine, type LyricsWord, textOfLine } from '../../src/song/lyrics.ts'
import { LyricsSchema } from '../../src/song/lyrics-schema.ts'

type Timed = [text: string, startMs: number | null, endMs: number | null]

const word = ([text, startMs, endMs]: Timed): LyricsWord => ({ ...untimedWord(text, null), startMs, endMs })
const line = (words: Timed[], other: Partial<LyricsLine> = {}): LyricsLine => ({
  words: words.map(word),
  startMs: null,
  endMs: null,
  singer: null,
  isDoubtful: false,
  ...other,
})
const song = (...lines: LyricsLine[]): Lyrics => ({ language: null, source: 'editor', isDraft: false, lines })
const timesOf = ({ lines }: Lyrics) => lines.flatMap(({ words }) => words.map(({ startMs, endMs }) => [startMs, endMs]))

describe('words as the program keeps them', () => {
  test('have no control characters, no reversed direction and composed letters', () => {
    const [only] = normaliseLyrics(
      song(
        line([
          ['e\u0301\u202e \u0007', null, null],
          ['b\u200b\n', null, null],
        ]),
      ),
    ).lines
    assert.equal(only && textOfLine(only), 'é b')
  })

  test('have their spaces behind them, and no word or line without text', () => {
    const { lines } = normaliseLyrics(
      song(
        line([
          [' a', null, null],
          [' b', null, null],
          ['  ', 5, 6],
        ]),
        line([[' ', null, null]]),
        line([]),
      ),
    )
    assert.deepEqual(
      lines.map(({ words }) => words.map(({ text }) => text)),
      [['a ', 'b']],
    )
  })

  test('are in the song: earlier times are its beginning, later ones are dropped', () => {
    const before = line([
      ['a', -50, 100],
      ['b', 200, 300],
    ])
    const after = line([
      ['c', 900, 1_100],
      ['d', 1_200, 1_300],
    ])
    assert.deepEqual(timesOf(normaliseLyrics(song(before, after), { durationMs: 1_000 })), [
      [0, 100],
      [200, 300],
      [900, 1_000],
      [null, null],
    ])
  })

  test('run forward: one wrong time costs only itself', () => {
    const words: Timed[] = [
      ['a', 100, 200],
      ['b', 9_000, 9_100],
      ['c', 300, 400],
      ['d', 500, 450],
    ]
    assert.deepEqual(timesOf(normaliseLyrics(song(line(words)))), [
      [100, 200],
      [null, null],
      [300, 400],
      [500, 1_000],
    ])
  })

  test('do not overlap, and last until the next one where nothing says when they end', () => {
    assert.deepEqual(
      timesOf(
        normaliseLyrics(
          song(
            line(
              [
                ['a', 100, 400],
                ['b', 300, null],
                ['c', 600, null],
              ],
              { endMs: 700, startMs: 50 },
            ),
          ),
        ),
      ),
      [
        [100, 300],
        [300, 600],
        [600, 700],
      ],
    )
  })

  test('are covered by their line, and lines stand in the order of their times', () => {
    const late = line([['late', 5_000, 6_000]], { startMs: 5_500, endMs: 5_600 })
    const untimed = line([['behind', null, null]])
    const early = line([['early', null, null]], { startMs: 1_000, endMs: 500 })
    const { lines } = normaliseLyrics(song(late, untimed, early))
    assert.deepEqual(
      lines.map((each) => [textOfLine(each), each.startMs, each.endMs]),
      [
        ['early', 1_000, null],
        ['late', 5_000, 6_000],
        ['behind', null, null],
      ],
    )
  })

  test('that are too long are several, and a line of too many words is several lines', () => {
    const { lines } = normaliseLyrics(
      song(line([['x'.repeat(500), 0, 5_000]]), line(Array.from({ length: 450 }, (): Timed => ['la ', null, null]))),
    )
    assert.deepEqual(
      lines.slice(1).map(({ words }) => words.length),
      [200, 200, 50],
    )
    assert.ok((lines[0]?.words.length ?? 0) > 2)
    assert.equal(lines[0] && textOfLine(lines[0]), 'x'.repeat(500))
  })

  test('keep syllables whose texts are the word, inside its times', () => {
    const syllables = [
      { text: 'Hel', startMs: 90, endMs: 200 },
      { text: 'lo', startMs: 200, endMs: 900 },
    ]
    const good: LyricsWord = { ...word(['Hello', 100, 500]), syllables }
    const other: LyricsWord = { ...word(['Help', 600, 700]), syllables }
    const [only] = normaliseLyrics(song({ ...line([]), words: [good, other] })).lines
    assert.deepEqual(
      only?.words[0]?.syllables?.map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [100, 200],
        [200, 500],
      ],
    )
    assert.equal(only?.words[1]?.syllables, null)
  })

  test('pass the schema whatever they were, and a second time changes nothing', () => {
    const time = fc.oneof(fc.constant(null), fc.integer({ min: -1_000, max: 200_000 }), fc.double())
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('a ', ' b', '漢字', '\u202e', '<b>', '\n', 'e\u0301', 'a b '),
    )
    const anySyllables = fc.array(fc.record({ text, startMs: fc.double(), endMs: fc.double() }), { maxLength: 3 })
    const anyWord = fc.record({
      text,
      startMs: time,
      endMs: time,
      syllables: fc.oneof(fc.constant(null), anySyllables),
      reading: fc.oneof(fc.constant(null), text),
      isConfirmed: fc.boolean(),
    })
    const spelt = anyWord.map((each) => ({
      ...each,
      text: each.syllables?.map((syllable) => syllable.text).join('') || each.text,
    }))
    const anyLine = fc.record({
      words: fc.array(spelt, { maxLength: 8 }),
      startMs: time,
      endMs: time,
      singer: fc.oneof(fc.constant(null), text),
      isDoubtful: fc.boolean(),
    })
    const lyrics = fc.record({
      language: fc.constantFrom('en', 'PT_br', 'nonsense!', null),
      source: fc.constant('editor' as const),
      isDraft: fc.boolean(),
      lines: fc.array(anyLine, { maxLength: 6 }),
    })
    fc.assert(
      fc.property(lyrics, (each) => {
        const normal = normaliseLyrics(each, { durationMs: 180_000 })
        assert.deepEqual(LyricsSchema.parse(normal), normal)
        assert.deepEqual(normaliseLyrics(normal, { durationMs: 180_000 }), normal)
      }),
      { numRuns: 1_000 },
    )
  })
})
