import { UserError } from '../../song/errors.ts'
import type { LyricsLine } from '../../song/lyrics.ts'
import { refuseTooMany } from '../refuse-too-many.ts'
import { type Piece, wordsOfPieces } from '../words-of-pieces.ts'
import { languageOf, newLine, type ReaderOptions, type TextOfFile, untimedWords } from './text-of-file.ts'

/*
 * LRC as it is found:
 * - [mm:ss.xx] before a line says when it begins; several stamps repeat the line. Fractions have one to three digits, or none,
 *   behind a point, a comma or a colon; [h:mm:ss.xx] has hours.
 * - <mm:ss.xx>, or a stamp in brackets inside the line, times the words behind it (enhanced LRC). A stamp at the end of a line
 *   ends the last word.
 * - A stamp without text ends the line before it.
 * - [offset:+ms] moves all times earlier; other tags as [ar:...] are no text. [la:...] names the language.
 * - F:, M: and D: name the singers of this line and the following ones; v1: and v2: those of one line.
 * Every line is scanned once.
 */

const STAMP = /[[<](\d{1,3}):(\d{1,2})(?:[.,:](\d{1,3}))?(?:[.,](\d{1,3}))?[\]>]/y
const TAG = /^\[\s*([a-z#_]{1,20})\s*:([^\]]*)\]?\s*$/i
const SINGER = /^(F|M|D|v\d):\s+/
/** The last word of a line lasts so long at most, if nothing says when it ends. */
const OPEN_WORD_MS = 2_000
/** On average: one for every syllable, and one for every end before a pause. */
const MAX_STAMPS_PER_WORD = 5
const MAX_REPETITIONS = 200
const MAX_REPEATED_CHARACTERS = 200_000

/** @property atMs null before the first stamp of the line */
type Segment = { atMs: number | null; text: string }
/** @property moveMs what a repetition adds to the times inside the line */
type Row = { startMs: number | null; moveMs: number; segments: readonly Segment[]; endMs: number | null }

export function readLrc(text: string, { language: chosen }: ReaderOptions): TextOfFile {
  const tags = new Map<string, string>()
  const rows: Row[] = []
  for (const line of text.split('\n')) {
    const tag = TAG.exec(line)
    if (tag) tags.set((tag[1] ?? '').toLowerCase(), (tag[2] ?? '').trim())
    else rows.push(...rowsOf(line))
  }
  const language = languageOf({ chosen, declared: tags.get('la') ?? null, text })
  const offsetMs = Number.parseInt(tags.get('offset') ?? '0', 10) || 0
  return { language, lines: withSingers(linesOf(inOrder(rows), language)).map((line) => earlier(line, offsetMs)) }
}

/** Whether a line of the text begins with a stamp. */
export function looksLikeLrc(text: string): boolean {
  return /^[ \t]{0,20}\[\d{1,3}:\d{1,2}(?:[.,:]\d{1,3}){0,2}\]/m.test(text)
}

function rowsOf(line: string): Row[] {
  const segments: Segment[] = [{ atMs: null, text: '' }]
  const starts: number[] = []
  let isAtStart = true
  let at = 0
  while (at < line.length) {
    STAMP.lastIndex = at
    const match = stampStartsAt(line, at) ? STAMP.exec(line) : null
    if (match) {
      isAtStart &&= match[0].startsWith('[')
      if (isAtStart) starts.push(timeOf(match))
      else segments.push({ atMs: timeOf(match), text: '' })
      refuseTooMany({ words: segments.length / MAX_STAMPS_PER_WORD })
    }
    const from = match ? at + match[0].length : at
    const to = match ? from : nextBracket(line, at + 1)
    const last = segments.at(-1)
    const text = line.slice(from, to)
    if (last) last.text += text
    isAtStart &&= text.trim() === ''
    at = to
  }
  if (starts.length === 0) starts.push(...segments.flatMap(({ atMs }) => atMs ?? []).slice(0, 1))
  if (starts.length === 0) return segments[0]?.text.trim() ? [{ startMs: null, moveMs: 0, segments, endMs: null }] : []
  refuseManyRepetitions(starts.length, line)
  const origin = originOf(starts, segments)
  return starts.map((startMs) => ({ startMs, moveMs: startMs - origin, segments, endMs: null }))
}

/** Without it, a file of 1 MB could stand for gigabytes. */
function refuseManyRepetitions(count: number, line: string): void {
  if (count > 1 && (count > MAX_REPETITIONS || count * line.length > MAX_REPEATED_CHARACTERS)) {
    throw new UserError(`A line of this LRC file is repeated ${count} times. That is not the text of a song.`, {
      code: 'bad-lyrics',
    })
  }
}

function stampStartsAt(line: string, at: number): boolean {
  const character = line[at]
  const next = line[at + 1] ?? ''
  return (character === '[' || character === '<') && next >= '0' && next <= '9'
}

function nextBracket(line: string, from: number): number {
  for (let at = from; at < line.length; at++) if (stampStartsAt(line, at)) return at
  return line.length
}

/** The stamp that the times inside the line belong to: the latest one that is not behind them. */
function originOf(starts: readonly number[], segments: readonly Segment[]): number {
  const first = segments.find(({ atMs }) => atMs !== null)?.atMs ?? Number.POSITIVE_INFINITY
  const before = starts.filter((startMs) => startMs <= first)
  return before.reduce((latest, startMs) => Math.max(latest, startMs), before[0] ?? starts[0] ?? 0)
}

/** Three numbers with a point before the last, and four, have hours; [mm:ss:xx] has hundredths. */
function timeOf([, first = '', second = '', third, fourth]: RegExpExecArray): number {
  if (fourth === undefined) return (Number(first) * 60 + Number(second)) * 1_000 + fractionMs(third)
  return ((Number(first) * 60 + Number(second)) * 60 + Number(third)) * 1_000 + fractionMs(fourth)
}

function fractionMs(digits = ''): number {
  return digits === '' ? 0 : Number(digits.padEnd(3, '0'))
}

/** By their times. Rows without a stamp stay behind the row before them. A row without text ends that row. */
function inOrder(rows: readonly Row[]): Row[] {
  let lastMs = 0
  const placed = rows.map((row) => {
    lastMs = row.startMs ?? lastMs
    return { row, atMs: lastMs }
  })
  placed.sort((one, other) => one.atMs - other.atMs)
  const ordered: Row[] = []
  for (const { row } of placed) {
    if (row.segments.some(({ text }) => text.trim() !== '')) {
      ordered.push(row)
      continue
    }
    const last = ordered.pop()
    if (!last) continue
    const isEnd = last.endMs === null && last.startMs !== null && (row.startMs ?? 0) > last.startMs
    ordered.push(isEnd ? { ...last, endMs: row.startMs } : last)
  }
  return ordered
}

function linesOf(rows: readonly Row[], language: string | null): LyricsLine[] {
  refuseTooMany({ lines: rows.length })
  return rows.map((row, index) => {
    const { startMs, segments } = row
    const isEnhanced = segments.some(({ atMs }) => atMs !== null)
    const endMs = row.endMs ?? null
    if (!isEnhanced) {
      return newLine({ words: untimedWords(segments.map(({ text }) => text).join(''), language), startMs, endMs })
    }
    const nextMs = rows[index + 1]?.startMs ?? null
    return newLine({ words: wordsOfPieces(piecesOf(row, endMs ?? nextMs)), startMs, endMs })
  })
}

function piecesOf({ startMs, moveMs, segments }: Row, nextMs: number | null): Piece[] {
  const starts = segments.map(({ atMs }) => (atMs === null ? startMs : atMs + moveMs) ?? 0)
  return segments.map(({ text }, index) => {
    const start = starts[index] ?? 0
    const next =
      starts[index + 1] ?? Math.min(nextMs !== null && nextMs > start ? nextMs : Infinity, start + OPEN_WORD_MS)
    return { text, startMs: start, endMs: next }
  })
}

/** Takes the names of singers out of the texts, if at least two are named: one alone is a text that looks so. */
function withSingers(lines: readonly LyricsLine[]): LyricsLine[] {
  const names = lines.map(
    ({ words }) =>
      SINGER.exec(
        words
          .slice(0, 2)
          .map(({ text }) => text)
          .join(''),
      )?.[1] ?? null,
  )
  if (new Set(names.filter((name) => name !== null)).size < 2) return [...lines]
  let lasting: string | null = null
  return lines.map((line, index) => {
    const name = names[index] ?? null
    if (name === null) return { ...line, singer: lasting }
    const singer = name === 'D' ? null : name
    if (!name.startsWith('v')) lasting = singer
    return { ...line, words: line.words.slice(1), singer }
  })
}

function earlier(line: LyricsLine, offsetMs: number): LyricsLine {
  if (offsetMs === 0) return line
  const move = (timeMs: number | null) => (timeMs === null ? null : timeMs - offsetMs)
  return {
    ...line,
    startMs: move(line.startMs),
    endMs: move(line.endMs),
    words: line.words.map((word) => ({
      ...word,
      startMs: move(word.startMs),
      endMs: move(word.endMs),
      syllables:
        word.syllables?.map(({ text, startMs, endMs }) => ({
          text,
          startMs: startMs - offsetMs,
          endMs: endMs - offsetMs,
        })) ?? null,
    })),
  }
}
