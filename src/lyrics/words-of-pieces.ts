import type { LyricsSyllable, LyricsWord } from '../song/lyrics.ts'
import { refuseTooMany } from './refuse-too-many.ts'
import { hasLetters, isOpening, UNSPACED, wordsBetweenSpaces } from './words-of-text.ts'

/*
 * A file with times inside its lines times pieces: words, syllables, or several words at once. A piece that ends without a
 * space goes on in the next one: they are syllables of one word. A piece of a script without spaces is a word as it is. The
 * words of one piece share its time by their letters, so that a filling line looks as the file says.
 */

/** @property text with the spaces around it, which say where words end */
export type Piece = { text: string; startMs: number; endMs: number; reading?: string | null }

/** On average, over a song. */
const MAX_SYLLABLES_PER_WORD = 4

export function wordsOfPieces(pieces: readonly Piece[]): LyricsWord[] {
  return groupsOf(withLetters(pieces)).flatMap(wordsOfGroup)
}

export function untimedWord(text: string, reading: string | null): LyricsWord {
  return { text, startMs: null, endMs: null, syllables: null, reading, isConfirmed: false }
}

/** Pieces without a space at their start, each with something that can be heard; the rest belongs to its neighbours. */
function withLetters(pieces: readonly Piece[]): Piece[] {
  const heard: Piece[] = []
  let opening = ''
  const visible = pieces.filter(({ text }) => text.trim() !== '')
  for (const piece of pieces) {
    const text = piece.text.replace(/\s+/g, ' ')
    const last = heard.at(-1)
    if (text.startsWith(' ') && last && !last.text.endsWith(' ')) last.text += ' '
    const rest = text.trimStart()
    if (rest === '') continue
    if (hasLetters(rest)) {
      refuseTooMany({ words: heard.length / MAX_SYLLABLES_PER_WORD })
      heard.push({ ...piece, text: opening + rest })
      opening = ''
    } else if (last && opening === '' && !isOpening(rest)) {
      last.text += rest
      last.endMs = Math.max(last.endMs, piece.endMs)
    } else opening += rest
  }
  const last = heard.at(-1)
  if (last) last.text += opening
  else if (visible[0]) heard.push({ ...visible[0], text: opening, endMs: visible.at(-1)?.endMs ?? visible[0].endMs })
  return heard
}

function groupsOf(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = []
  let last: Piece | null = null
  for (const piece of pieces) {
    if (last && !isWordEndBetween(last, piece)) groups.at(-1)?.push(piece)
    else groups.push([piece])
    last = piece
  }
  return groups
}

function isWordEndBetween(before: Piece, after: Piece): boolean {
  if (before.text.endsWith(' ') || (before.reading ?? after.reading ?? null) !== null) return true
  return UNSPACED.test(before.text.slice(-1)) || UNSPACED.test(after.text.slice(0, 2))
}

function wordsOfGroup(pieces: readonly Piece[]): LyricsWord[] {
  const [first] = pieces
  const reading = first?.reading ?? null
  const words =
    first && reading !== null
      ? [{ text: first.text, reading }]
      : wordsBetweenSpaces(pieces.map(({ text }) => text).join(''))
  const parts =
    pieces.length === 1 && first ? [spread(first, words.map(({ text }) => text).join('').length)] : places(pieces)
  let end = 0
  let from = 0
  return words.map(({ text, reading }) => {
    const start = end
    end += text.length
    while ((parts[from]?.end ?? Number.POSITIVE_INFINITY) <= start) from++
    const syllables: LyricsSyllable[] = []
    for (let at = from; at < parts.length; at++) {
      const part = parts[at]
      if (!part || part.start >= end) break
      const slice = { start: Math.max(start, part.start), end: Math.min(end, part.end) }
      syllables.push({
        text: text.slice(slice.start - start, slice.end - start),
        startMs: timeIn(part, slice.start),
        endMs: timeIn(part, slice.end),
      })
    }
    return {
      ...untimedWord(text, reading),
      startMs: syllables[0]?.startMs ?? null,
      endMs: syllables.at(-1)?.endMs ?? null,
      syllables: syllables.length > 1 ? syllables : null,
    }
  })
}

/** Where a piece stands in the text of its group. */
type Place = { start: number; end: number; startMs: number; endMs: number }

function places(pieces: readonly Piece[]): Place[] {
  let end = 0
  return pieces.map(({ text, startMs, endMs }) => {
    const start = end
    end += text.length
    return { start, end, startMs, endMs }
  })
}

/** A piece whose text is shorter without its readings. */
function spread({ startMs, endMs }: Piece, length: number): Place {
  return { start: 0, end: length, startMs, endMs }
}

function timeIn({ start, end, startMs, endMs }: Place, at: number): number {
  return at >= end ? endMs : Math.round(startMs + ((endMs - startMs) * (at - start)) / (end - start))
}
