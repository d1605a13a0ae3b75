import type { LyricsSyllable, LyricsWord } from '../song/lyrics.ts'
import { MAX_WORD_CHARACTERS } from '../song/lyrics-limits.ts'
import { cleanLine } from './clean-text.ts'

/**
 * The words of a line with clean texts: a word has no space at its start and at most one at its end, the last word none. A word
 * without text is gone; its space goes to the word before it.
 */
export function cleanWords(words: readonly LyricsWord[]): LyricsWord[] {
  const clean: LyricsWord[] = []
  for (const word of words) {
    const text = cleanLine(word.text)
    if (text.startsWith(' ')) addSpace(clean)
    if (text.trim() !== '') clean.push(...shortWords(cleanWord(word, text.trimStart())))
  }
  const last = clean.pop()
  return last ? [...clean, withText(last, last.text.trimEnd())] : []
}

function addSpace(words: LyricsWord[]): void {
  const last = words.pop()
  if (!last) return
  const hasRoom = !last.text.endsWith(' ') && last.text.length < MAX_WORD_CHARACTERS
  words.push(hasRoom ? withText(last, `${last.text} `) : last)
}

function cleanWord(word: LyricsWord, text: string): LyricsWord {
  const reading = cleanLine(word.reading ?? '').trim()
  const isReadable = reading !== '' && reading.length <= MAX_WORD_CHARACTERS
  const clean: LyricsWord = {
    text,
    startMs: word.startMs,
    endMs: word.endMs,
    syllables: null,
    reading: isReadable ? reading : null,
    isConfirmed: word.isConfirmed,
  }
  if (word.syllables === null || word.syllables.length < 2) return clean
  const syllables = cleanSyllables(word.syllables)
  if (syllables.length < 2) return clean
  const joined = syllables.map((syllable) => syllable.text).join('')
  return joined.trimEnd() === text.trimEnd() ? withText({ ...clean, text: joined, syllables }, text) : clean
}

function cleanSyllables(syllables: readonly LyricsSyllable[]): LyricsSyllable[] {
  const clean: LyricsSyllable[] = []
  for (const { text, startMs, endMs } of syllables) {
    const part = clean.length === 0 ? cleanLine(text).trimStart() : cleanLine(text)
    if (part !== '') clean.push({ text: part, startMs, endMs })
  }
  return clean
}

/** The word with another space at its end. */
function withText(word: LyricsWord, text: string): LyricsWord {
  const last = word.syllables?.at(-1)
  if (text === word.text || !last || !word.syllables) return { ...word, text }
  const rest = text.length - (word.text.length - last.text.length)
  if (rest <= 0) return { ...word, text, syllables: null }
  return { ...word, text, syllables: [...word.syllables.slice(0, -1), { ...last, text: text.slice(-rest) }] }
}

/** A word that is too long in several, which share its time by their letters. */
function shortWords(word: LyricsWord): LyricsWord[] {
  const { text, startMs, endMs } = word
  if (text.length <= MAX_WORD_CHARACTERS) return [word]
  const parts = partsOf(text)
  const timeAt = (characters: number) => {
    return startMs === null || endMs === null
      ? null
      : Math.round(startMs + ((endMs - startMs) * characters) / text.length)
  }
  let end = 0
  return parts.map((part) => {
    const start = end
    end += part.length
    return { ...word, text: part, startMs: timeAt(start), endMs: timeAt(end), syllables: null, reading: null }
  })
}

/** Cuts between characters, never inside a surrogate pair or before a mark, and never leaves a space alone. */
function partsOf(text: string): string[] {
  const most = MAX_WORD_CHARACTERS - 20
  return text.match(new RegExp(`.{1,${most / 2}}[\\p{M} ]{0,19}`, 'gsu')) ?? [text]
}
