import type { Lyrics, LyricsLine, LyricsWord } from '../../../../../src/song/lyrics.ts'
import { changeLine, withTimesOfWords } from './word-place.ts'
import { wordsOfText } from './words-of-text.ts'

/** Words that are put in between get times only if there is this much for each. */
const LEAST_SHARE_MS = 50

/**
 * Gives a line another text. Words that stay keep all they have. Words that replace others share the times of these, by their
 * letters, and are not confirmed. A text without words changes nothing.
 */
export function retypeLine(lyrics: Lyrics, line: number, text: string): Lyrics {
  const texts = wordsOfText(text, lyrics.language)
  if (texts.length === 0) return lyrics
  return changeLine(lyrics, line, (each) => withTimesOfWords({ ...each, words: retyped(each, texts) }))
}

/** A word as typed, without anything else. */
export function newWord(text: string): LyricsWord {
  return { text, startMs: null, endMs: null, syllables: null, reading: null, isConfirmed: false }
}

function retyped({ words }: LyricsLine, texts: readonly string[]): LyricsWord[] {
  const same = unchanged(words, texts)
  const result: LyricsWord[] = []
  let [word, text] = [0, 0]
  for (const pair of [...same, { word: words.length, text: texts.length }]) {
    const between = { startMs: words[word - 1]?.endMs ?? null, endMs: words[pair.word]?.startMs ?? null }
    result.push(...replaced(words.slice(word, pair.word), texts.slice(text, pair.text), between))
    const kept = words[pair.word]
    if (kept) result.push(withSpace(kept, texts[pair.text] ?? kept.text))
    word = pair.word + 1
    text = pair.text + 1
  }
  return result
}

/** The longest run of words, in order but not always side by side, that both texts have. */
function unchanged(words: readonly LyricsWord[], texts: readonly string[]): { word: number; text: number }[] {
  const isSame = (word: number, text: number) => words[word]?.text.trim() === texts[text]?.trim()
  const lengths = Array.from({ length: words.length + 1 }, () => new Uint16Array(texts.length + 1))
  const lengthAt = (word: number, text: number) => lengths[word]?.[text] ?? 0
  for (let word = words.length - 1; word >= 0; word--) {
    for (let text = texts.length - 1; text >= 0; text--) {
      const longest = isSame(word, text)
        ? lengthAt(word + 1, text + 1) + 1
        : Math.max(lengthAt(word + 1, text), lengthAt(word, text + 1))
      ;(lengths[word] as Uint16Array)[text] = longest
    }
  }
  const pairs = []
  for (let [word, text] = [0, 0]; word < words.length && text < texts.length; ) {
    if (isSame(word, text)) pairs.push({ word: word++, text: text++ })
    else if (lengthAt(word + 1, text) >= lengthAt(word, text + 1)) word++
    else text++
  }
  return pairs
}

type Span = { startMs: number | null; endMs: number | null }

function replaced(words: readonly LyricsWord[], texts: readonly string[], between: Span): LyricsWord[] {
  if (words.length === texts.length)
    return texts.map((text, index) => {
      const { startMs = null, endMs = null } = words[index] ?? {}
      return { ...newWord(text), startMs, endMs }
    })
  const span = words.length > 0 ? spanOf(words) : between
  const { startMs, endMs } = span
  if (startMs === null || endMs === null) return texts.map(newWord)
  if (words.length === 0 && endMs - startMs < LEAST_SHARE_MS * texts.length) return texts.map(newWord)
  const whole = texts.reduce((sum, text) => sum + text.length, 0)
  let letters = 0
  return texts.map((text) => {
    const from = Math.round(startMs + ((endMs - startMs) * letters) / whole)
    letters += text.length
    return { ...newWord(text), startMs: from, endMs: Math.round(startMs + ((endMs - startMs) * letters) / whole) }
  })
}

function spanOf(words: readonly LyricsWord[]): Span {
  const timed = words.filter(({ startMs }) => startMs !== null)
  return { startMs: timed[0]?.startMs ?? null, endMs: timed.at(-1)?.endMs ?? null }
}

/** A kept word with the space that follows it now. */
function withSpace(word: LyricsWord, text: string): LyricsWord {
  if (word.text === text) return word
  const last = word.syllables?.at(-1)
  if (!word.syllables || !last) return { ...word, text }
  const ending = `${last.text.trimEnd()}${text.slice(text.trimEnd().length)}`
  return { ...word, text, syllables: word.syllables.with(-1, { ...last, text: ending }) }
}
