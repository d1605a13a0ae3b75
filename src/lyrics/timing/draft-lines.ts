import type { Lyrics, LyricsLine } from '../../song/lyrics.ts'
import { ATTENTION_LEAD_MS, type HeardWord, lineOf } from './guess-times.ts'

/** A pause after which a new line begins. */
const LINE_PAUSE_MS = 700
/** A longer line is ended at the next pause between words, however short, or before a capital letter. */
const LONG_LINE_CHARACTERS = 32
const MAX_LINE_CHARACTERS = 48
const SHORT_PAUSE_MS = 200

/** What was heard, as lines of a draft: a line ends at a pause of the voice, at a sign that ends a sentence, or when it is long. */
export function draftLines(heard: readonly HeardWord[], language: string | null): Lyrics {
  const lines: HeardWord[][] = []
  for (const word of heard) {
    const line = lines.at(-1)
    if (line && !beginsLine(word, line)) line.push(word)
    else lines.push([word])
  }
  return { language, source: 'transcription', isDraft: true, lines: lines.map(toLine) }
}

function beginsLine(word: HeardWord, line: readonly HeardWord[]): boolean {
  const last = line.at(-1)
  if (!last) return true
  const pauseMs = word.startMs - last.endMs
  const length = line.reduce((sum, { text }) => sum + text.length, 0)
  if (pauseMs >= LINE_PAUSE_MS || /[.!?。！？]["”»)]?\s*$/u.test(last.text)) return true
  if (length + word.text.length > MAX_LINE_CHARACTERS) return true
  return length > LONG_LINE_CHARACTERS && (pauseMs >= SHORT_PAUSE_MS || /^\p{Lu}/u.test(word.text))
}

function toLine(words: readonly HeardWord[]): LyricsLine {
  const timed = words.map(({ text, startMs, endMs }, index) => {
    const shown = index === words.length - 1 ? text.trimEnd() : text
    const times = { startMs: startMs + ATTENTION_LEAD_MS, endMs: endMs + ATTENTION_LEAD_MS }
    return { text: shown, ...times, syllables: null, reading: null, isConfirmed: false }
  })
  return lineOf({ words: [], startMs: null, endMs: null, singer: null, isDoubtful: false }, timed)
}
