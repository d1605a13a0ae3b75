import { z } from 'zod'
import type { Lyrics, LyricsWord } from './lyrics.ts'
import {
  FORBIDDEN_CHARACTERS,
  LANGUAGE_TAG,
  MAX_LYRICS_LINES,
  MAX_LYRICS_MS,
  MAX_LYRICS_WORDS,
  MAX_SINGER_CHARACTERS,
  MAX_WORD_CHARACTERS,
  MAX_WORDS_PER_LINE,
} from './lyrics-limits.ts'

type Times = { startMs: number | null; endMs: number | null }

const timeMs = z.int().min(0).max(MAX_LYRICS_MS)
const text = z
  .string()
  .min(1)
  .max(MAX_WORD_CHARACTERS)
  .refine((each) => !FORBIDDEN_CHARACTERS.test(each), 'a text has no control characters and no line ends')

const Syllable = z.strictObject({ text, startMs: timeMs, endMs: timeMs })

const Word = z
  .strictObject({
    text: text.refine((each) => each.trim() !== '', 'a word is more than a space'),
    startMs: timeMs.nullable(),
    endMs: timeMs.nullable(),
    syllables: z.array(Syllable).min(1).max(MAX_WORD_CHARACTERS).readonly().nullable(),
    reading: text.nullable(),
    isConfirmed: z.boolean(),
  })
  .refine(endsAfterItsStart, 'a word ends after its start')
  .refine(({ syllables }) => syllables === null || runForward(syllables), 'the times of syllables run forward')
  .refine(hasSyllablesOfItsText, 'the syllables of a word, joined, are its text')

const Line = z
  .strictObject({
    words: z.array(Word).min(1).max(MAX_WORDS_PER_LINE).readonly(),
    startMs: timeMs.nullable(),
    endMs: timeMs.nullable(),
    singer: text.max(MAX_SINGER_CHARACTERS).nullable(),
    isDoubtful: z.boolean(),
  })
  .refine(endsAfterItsStart, 'a line ends after its start')
  .refine(({ words }) => runForward(words), 'the times of the words of a line run forward')

/**
 * Checks words that a page or a record has. Words of the page go through `lyrics/normalise-lyrics.ts` too, which puts right what
 * this schema lets pass: words that overlap, a line that does not cover its words, lines in another order than they are sung.
 */
export const LyricsSchema = z
  .strictObject({
    language: z.string().regex(LANGUAGE_TAG).nullable(),
    source: z.enum(['pasted', 'file', 'tags', 'lrclib', 'transcription', 'editor']),
    isDraft: z.boolean(),
    lines: z.array(Line).max(MAX_LYRICS_LINES).readonly(),
  })
  .refine(
    ({ lines }) => lines.reduce((count, { words }) => count + words.length, 0) <= MAX_LYRICS_WORDS,
    `a song has at most ${MAX_LYRICS_WORDS} words`,
  ) satisfies z.ZodType<Lyrics>

function endsAfterItsStart({ startMs, endMs }: Times): boolean {
  return endMs === null || (startMs !== null && startMs <= endMs)
}

/** Parts without times are passed over. */
function runForward(parts: readonly Times[]): boolean {
  let lastMs = 0
  return parts.every(({ startMs, endMs }) => {
    if (startMs === null) return true
    const isForward = startMs >= lastMs && (endMs === null || endMs >= startMs)
    lastMs = startMs
    return isForward
  })
}

function hasSyllablesOfItsText({ text, syllables }: Pick<LyricsWord, 'text' | 'syllables'>): boolean {
  return syllables === null || syllables.map((syllable) => syllable.text).join('') === text
}
