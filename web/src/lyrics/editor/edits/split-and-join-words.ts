import type { Lyrics, LyricsSyllable, LyricsWord } from '../../../../../src/song/lyrics.ts'
import { changeLine, type WordPlace, withTimesOfWords, wordAt } from './word-place.ts'
import { splitsOf } from './words-of-text.ts'

/**
 * Makes two words of one, without a space between them. Times divide where a syllable does, otherwise as the letters do.
 * @param at after how many UTF-16 units of its text
 */
export function splitWord(lyrics: Lyrics, { line, word }: WordPlace, at: number): Lyrics {
  const before = wordAt(lyrics, { line, word })
  if (!before || !splitsOf(before.text).includes(at)) return lyrics
  const halves = halvesOf(before, at)
  return changeLine(lyrics, line, (each) =>
    withTimesOfWords({ ...each, words: each.words.toSpliced(word, 1, ...halves) }),
  )
}

/** Makes one word of a word and the next of its line. Their times become those of its syllables. */
export function joinWords(lyrics: Lyrics, { line, word }: WordPlace): Lyrics {
  const [first, second] = [wordAt(lyrics, { line, word }), wordAt(lyrics, { line, word: word + 1 })]
  if (!first || !second) return lyrics
  const joined = {
    text: `${first.text.trimEnd()}${second.text}`,
    startMs: first.startMs ?? second.startMs,
    endMs: second.startMs === null ? first.endMs : second.endMs,
    syllables: joinedSyllables(first, second),
    reading: first.reading !== null && second.reading !== null ? `${first.reading}${second.reading}` : null,
    isConfirmed: first.isConfirmed && second.isConfirmed,
  }
  return changeLine(lyrics, line, (each) => withTimesOfWords({ ...each, words: each.words.toSpliced(word, 2, joined) }))
}

function halvesOf(word: LyricsWord, at: number): [LyricsWord, LyricsWord] {
  const texts = [word.text.slice(0, at), word.text.slice(at)] as const
  const [{ startMs, endMs }, syllables] = [word, word.syllables ?? []]
  const inFirst = countUntil(syllables, at)
  const splitMs = inFirst === null ? shareOf(word, at) : (syllables[inFirst]?.startMs ?? null)
  const firstEndMs = inFirst === null ? splitMs : (syllables[inFirst - 1]?.endMs ?? splitMs)
  const [before, after] = inFirst === null ? [null, null] : [syllables.slice(0, inFirst), syllables.slice(inFirst)]
  const common = { reading: null, isConfirmed: word.isConfirmed }
  return [
    { ...common, text: texts[0], startMs, endMs: startMs === null ? null : firstEndMs, syllables: severalOf(before) },
    {
      ...common,
      text: texts[1],
      startMs: splitMs,
      endMs: splitMs === null ? null : endMs,
      syllables: severalOf(after),
    },
  ]
}

/** How many syllables end exactly after `at` units of the text; null if none does. */
function countUntil(syllables: readonly LyricsSyllable[], at: number): number | null {
  let length = 0
  for (const [index, { text }] of syllables.entries()) {
    length += text.length
    if (length === at && index + 1 < syllables.length) return index + 1
  }
  return null
}

function shareOf({ text, startMs, endMs }: LyricsWord, at: number): number | null {
  if (startMs === null || endMs === null) return null
  return Math.round(startMs + ((endMs - startMs) * at) / text.trimEnd().length)
}

/** One syllable says no more than its word. */
function severalOf(syllables: readonly LyricsSyllable[] | null): readonly LyricsSyllable[] | null {
  return syllables && syllables.length > 1 ? syllables : null
}

function joinedSyllables(first: LyricsWord, second: LyricsWord): LyricsSyllable[] | null {
  const [before, after] = [syllablesOf(first), syllablesOf(second)]
  const last = before?.at(-1)
  if (!before || !after || !last) return null
  return [...before.slice(0, -1), { ...last, text: last.text.trimEnd() }, ...after]
}

function syllablesOf({ text, startMs, endMs, syllables }: LyricsWord): readonly LyricsSyllable[] | null {
  if (syllables) return syllables
  return startMs === null || endMs === null ? null : [{ text, startMs, endMs }]
}
