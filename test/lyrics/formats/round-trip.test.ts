import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { lyricsFromText, readLyrics } from '../../../src/lyrics/formats/read-lyrics.ts'
import { type ReadableFormat, recogniseFormat } from '../../../src/lyrics/formats/recognise-format.ts'
import { type WritableFormat, writeLyrics } from '../../../src/lyrics/formats/write-lyrics.ts'
import { normaliseLyrics } from '../../../src/lyrics/normalise-lyrics.ts'
import type { Lyrics } from '../../../src/song/lyrics.ts'
import { LyricsSchema } from '../../../src/song/lyrics-schema.ts'
import { someLyrics } from '../some-lyrics.ts'

const RUNS = { numRuns: 300 }

function rewritten(lyrics: Lyrics, format: WritableFormat, as: ReadableFormat): Lyrics {
  const text = writeLyrics(lyrics, format)
  return readLyrics(new TextEncoder().encode(text), { format: as, language: lyrics.language })
}

/** As a reader that is not told the language would have it. */
function sameBut(lyrics: Lyrics, language: string | null): Lyrics {
  return { ...lyrics, language }
}

function holds(lyrics: fc.Arbitrary<Lyrics>, format: WritableFormat, as: ReadableFormat): void {
  fc.assert(
    fc.property(lyrics, (each) => {
      const again = rewritten(each, format, as)
      assert.deepEqual(again, sameBut(each, again.language))
      assert.ok(each.language === null || again.language === each.language)
    }),
    RUNS,
  )
}

describe('what is written can be read', () => {
  test('plain text holds words and readings', () => {
    holds(someLyrics({ timing: 'none', stepMs: 1 }), 'txt', 'txt')
  })

  test('LRC holds hundredths of line starts, and the ends of lines before pauses', () => {
    holds(someLyrics({ timing: 'lines', stepMs: 10 }), 'lrc', 'lrc')
    holds(someLyrics({ timing: 'lines', stepMs: 10, hasEnds: true }).map(withPausesAfterLines), 'lrc', 'lrc')
  })

  test('enhanced LRC holds hundredths of words and syllables, and what LRC holds', () => {
    holds(someLyrics({ timing: 'words', stepMs: 10, hasSyllables: true }).map(withClearWords), 'elrc', 'lrc')
    holds(
      someLyrics({ timing: 'words', stepMs: 10, hasEnds: true }).map(withClearWords).map(withPausesAfterLines),
      'elrc',
      'lrc',
    )
  })

  test('SRT holds milliseconds of lines with an end', () => {
    const plain = someLyrics({ timing: 'lines', stepMs: 1, hasEnds: true }).filter(
      (lyrics) => !/[♪<{]/.test(textOf(lyrics)),
    )
    holds(plain, 'srt', 'srt')
  })

  test('TTML holds milliseconds of lines, words and syllables, singers, readings and the language', () => {
    for (const timing of ['none', 'lines', 'words'] as const) {
      holds(someLyrics({ timing, stepMs: 1, hasSyllables: true, hasEnds: true, hasSingers: true }), 'ttml', 'ttml')
    }
  })

  test('every format is recognised by what it contains', () => {
    const formats: [WritableFormat, ReadableFormat][] = [
      ['lrc', 'lrc'],
      ['elrc', 'lrc'],
      ['srt', 'srt'],
      ['ttml', 'ttml'],
    ]
    fc.assert(
      fc.property(
        someLyrics({ timing: 'words', stepMs: 10, hasEnds: true }),
        fc.constantFrom(...formats),
        (lyrics, [format, as]) => {
          assert.equal(recogniseFormat(writeLyrics(lyrics, format), 'a.txt'), as)
        },
      ),
      RUNS,
    )
  })
})

describe('words that were read', () => {
  test('pass the schema, and normalising them again changes nothing', () => {
    const shapes = (['none', 'lines', 'words'] as const).map((timing) =>
      someLyrics({ timing, stepMs: 7, hasSyllables: true }),
    )
    fc.assert(
      fc.property(fc.oneof(...shapes), (lyrics) => {
        const read = lyricsFromText(writeLyrics(lyrics, 'ttml'))
        assert.deepEqual(LyricsSchema.parse(read), read)
        assert.deepEqual(normaliseLyrics(read), read)
      }),
      RUNS,
    )
  })
})

function textOf({ lines }: Lyrics): string {
  return lines.flatMap(({ words }) => words.map(({ text }) => text)).join('')
}

/** LRC writes no end of a line that the next one follows at once. */
function withPausesAfterLines(lyrics: Lyrics): Lyrics {
  const { lines } = lyrics
  return normaliseLyrics({
    ...lyrics,
    lines: lines.map((line, index) => {
      const nextMs = lines[index + 1]?.startMs ?? Number.POSITIVE_INFINITY
      return line.endMs !== null && line.startMs !== null && line.endMs > line.startMs && nextMs > line.endMs
        ? line
        : { ...line, endMs: null }
    }),
  })
}

/** Two words with times and no space between them are syllables in LRC; one time in angle brackets is a stamp. */
function withClearWords(lyrics: Lyrics): Lyrics {
  const lines = lyrics.lines.map((line) => ({
    ...line,
    words: line.words.map((word) => ({
      ...word,
      text: `${word.text.trimEnd()} `,
      syllables: word.syllables && word.text.endsWith(' ') ? word.syllables : null,
    })),
  }))
  return normaliseLyrics({ ...lyrics, lines })
}
