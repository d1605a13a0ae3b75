import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Lyrics, type LyricsLine, type LyricsWord, textOfLine } from '../../../../src/song/lyrics.ts'
import { withTimesOfWords } from '../../../../web/src/lyrics/editor/edits/word-place.ts'

/** Lyrics of words with times, as `[['Hel', 0, 100], ['lo', 100, 200]]` for each line; null for a word without times. */
export function lyricsOf(lines: readonly (readonly (readonly [string, number | null, number | null])[])[]): Lyrics {
  return {
    language: 'en',
    source: 'pasted',
    isDraft: false,
    lines: lines.map((words) => lineOf(words.map(([text, startMs, endMs]) => wordOf(text, startMs, endMs)))),
  }
}

export function wordOf(text: string, startMs: number | null, endMs: number | null): LyricsWord {
  return { text, startMs, endMs, syllables: null, reading: null, isConfirmed: false }
}

export function lineOf(words: readonly LyricsWord[]): LyricsLine {
  return withTimesOfWords({ words, startMs: null, endMs: null, singer: null, isDoubtful: false })
}

/** The times of all words, as pairs. */
export function timesOf({ lines }: Lyrics): (readonly [number | null, number | null])[] {
  return lines.flatMap(({ words }) => words.map(({ startMs, endMs }) => [startMs, endMs] as const))
}

export function textOf({ lines }: Lyrics): string {
  return lines.map(textOfLine).join('\n')
}

/** All letters of the lyrics, without spaces and ends of lines. */
export function lettersOf(lyrics: Lyrics): string {
  return textOf(lyrics).replaceAll(/\s/g, '')
}

/** Lyrics whose words do not overlap; some of them have no times, or syllables. */
export const someLyrics: fc.Arbitrary<Lyrics> = fc
  .array(
    fc.array(
      fc.record({
        text: fc.stringMatching(/^[a-z]{1,6}$/),
        gap: fc.nat(400),
        length: fc.nat(600),
        hasTimes: fc.boolean(),
        isConfirmed: fc.boolean(),
        hasSyllables: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((lines) => {
    let ms = 0
    return {
      ...lyricsOf([]),
      lines: lines.map((words) =>
        lineOf(
          words.map(({ text, gap, length, hasTimes, isConfirmed, hasSyllables }, index) => {
            const startMs = ms + gap
            ms = startMs + length
            const spaced = index === words.length - 1 ? text : `${text} `
            if (!hasTimes) return wordOf(spaced, null, null)
            const middleMs = startMs + Math.floor(length / 2)
            const syllables = [
              { text: spaced.slice(0, 1), startMs, endMs: middleMs },
              { text: spaced.slice(1), startMs: middleMs, endMs: ms },
            ]
            return {
              ...wordOf(spaced, startMs, ms),
              isConfirmed,
              syllables: hasSyllables && text.length > 1 ? syllables : null,
            }
          }),
        ),
      ),
    }
  })

/** A word of the lyrics, by two numbers of any size. */
export function placeIn({ lines }: Lyrics, line: number, word: number): { line: number; word: number } {
  const chosen = line % lines.length
  return { line: chosen, word: word % (lines[chosen]?.words.length ?? 1) }
}

/** Words of each singer are in order and do not overlap, ends are not before starts, and lines and syllables agree with their words. */
export function assertInOrder(lyrics: Lyrics): void {
  const lastOf = new Map<string | null, number>()
  for (const line of lyrics.lines) {
    let lastMs = lastOf.get(line.singer) ?? 0
    for (const { startMs, endMs, syllables, text } of line.words) {
      if (startMs === null) {
        assert.equal(endMs, null)
        continue
      }
      assert.ok(Number.isInteger(startMs) && startMs >= lastMs, `${text} begins at ${startMs}, before ${lastMs}`)
      assert.ok(endMs === null || (Number.isInteger(endMs) && endMs >= startMs), `${text} ends at ${endMs}`)
      lastMs = endMs ?? startMs
      if (line.startMs !== null) assert.ok(line.startMs <= startMs, 'a line begins with its first word')
      if (line.endMs !== null) assert.ok(line.endMs >= lastMs, `a line ends with its last word ${line.endMs} ${lastMs}`)
      if (!syllables) continue
      assert.equal(syllables.map((each) => each.text).join(''), text)
      let syllableMs = startMs
      for (const each of syllables) {
        assert.ok(each.startMs >= syllableMs && each.endMs >= each.startMs, `syllables of ${text}`)
        syllableMs = each.endMs
      }
      if (endMs !== null) assert.ok(syllableMs <= endMs, `the last syllable of ${text} ends with it`)
    }
    lastOf.set(line.singer, lastMs)
  }
}
