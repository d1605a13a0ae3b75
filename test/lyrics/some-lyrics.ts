import fc from 'fast-check'
import { normaliseLyrics } from '../../src/lyrics/normalise-lyrics.ts'
import { wordsOfText } from '../../src/lyrics/words-of-text.ts'
import type { Lyrics, LyricsLine, LyricsWord } from '../../src/song/lyrics.ts'

/** Words as songs have them, and what breaks formats: markup, marks alone, scripts without spaces, readings. */
const TOKENS = [
  ...['love', "don't", 'Élan', 'naïve', 'well-known', 'x', '99', 'a.b', 'R&B', '<b>bold</b>', '&amp;', '"quoted"'],
  ...['!', '?', '…', '-', '(', ')', '«', '»', '[x]', '<i>', '{', '}', '|', '#', '♪♪', '👩‍👩‍👧', '~', '*', ':'],
  ...[
    '漢字',
    '君の名は',
    '世界',
    '東京（とうきょう）',
    '{お茶|おちゃ}',
    'ラーメン',
    '、',
    '「',
    '」',
    'สวัสดี',
    'مرحبا',
    'שלום',
    '사랑해',
    'Привет',
  ],
]
export const lineText = fc
  .array(fc.tuple(fc.constantFrom(...TOKENS), fc.constantFrom(' ', ' ', ' ', '')), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.flat().join('').trim())
  .filter((text) => text !== '')
export const language = fc.constantFrom('en', 'ja', 'zh')

export type LyricsShape = {
  timing: 'none' | 'lines' | 'words'
  /** How fine times are. */
  stepMs: number
  hasSyllables?: boolean
  hasSingers?: boolean
  /** Whether a line has an end of its own. */
  hasEnds?: boolean
}

/** Words of a song whose lines follow one another, as a reader of any format could make them. */
export function someLyrics(shape: LyricsShape): fc.Arbitrary<Lyrics> {
  const line = fc.record({
    text: lineText,
    pauses: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 40, maxLength: 40 }),
    singer: fc.constantFrom(null, 'Ann & <Bo>', '陽子'),
    cuts: fc.boolean(),
  })
  return fc.tuple(language, fc.array(line, { minLength: 1, maxLength: 6 })).map(([tag, lines]) => {
    let clock = 0
    const made = lines.map(({ text, pauses, singer, cuts }): LyricsLine => {
      const pause = pauses.values()
      const step = () => (clock += (pause.next().value ?? 1) * shape.stepMs)
      const startMs = step()
      const words = wordsOfText(text, tag).map((word): LyricsWord => {
        const timed = shape.timing === 'words'
        const start = timed ? step() : null
        const syllables = timed && shape.hasSyllables && cuts ? halves(word.text, step) : null
        return {
          text: word.text,
          startMs: syllables?.[0]?.startMs ?? start,
          endMs: syllables?.at(-1)?.endMs ?? (timed ? step() : null),
          syllables: word.reading === null ? syllables : null,
          reading: word.reading,
          isConfirmed: false,
        }
      })
      const hasTimes = shape.timing !== 'none'
      return {
        words,
        startMs: hasTimes ? startMs : null,
        endMs: hasTimes && shape.hasEnds ? step() : null,
        singer: shape.hasSingers ? singer : null,
        isDoubtful: false,
      }
    })
    return normaliseLyrics({ language: tag, source: 'file', isDraft: false, lines: made })
  })
}

function halves(text: string, step: () => number) {
  const letters = [...text.trimEnd()]
  const isSyllabic = letters.length > 1 && /^[a-z]+$/i.test(text.trimEnd())
  if (!isSyllabic) return null
  const first = letters.slice(0, 1).join('')
  return [first, text.slice(first.length)].map((part) => ({ text: part, startMs: step(), endMs: step() }))
}

/** Parts of files, of which long and broken ones are made. */
export const PARTS_OF_FILES = [
  ...[
    'a',
    'a ',
    '[',
    '<',
    '[00:01.00]',
    '[00:01.00]a\n',
    '<00:01.00>a ',
    '<00:01.00>',
    '\n',
    '\t',
    ' ',
    '(',
    '{',
    '|',
    '&',
  ],
  ...[
    '<p>',
    '<p begin="1s">a</p>',
    '<span begin="1s">a</span>',
    '<!--',
    '</',
    '&amp;',
    '-->',
    '00:01.000 --> 00:02.000\na\n\n',
  ],
  ...[
    '#A:b\n',
    ': 1 2 3 a\n',
    ': 1 2 3 ~\n',
    '- 1\n',
    'P1\n',
    'B 1 2\n',
    '漢',
    '漢字(か',
    '{漢|',
    'か',
    'ー',
    'ก',
    '\u0301',
  ],
  ...['😀', '«', '♪'],
]
