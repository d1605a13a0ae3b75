import { UserError } from '../../song/errors.ts'
import type { LyricsLine } from '../../song/lyrics.ts'
import { refuseTooMany } from '../refuse-too-many.ts'
import { type Piece, wordsOfPieces } from '../words-of-pieces.ts'
import { languageOf, newLine, type ReaderOptions, type TextOfFile } from './text-of-file.ts'
import { clockOfSong, type SongClock } from './ultrastar-clock.ts'
import { languageOfName } from './ultrastar-languages.ts'

/*
 * UltraStar txt: `#NAME:value`, then notes as `: beat length pitch text`. Kinds of notes are `:` normal, `*` golden, `F` freestyle,
 * `R` and `G` rap. A space at the start or the end of a note's text divides words; other notes are syllables. A text of `~` holds
 * the syllable before; letters after `~` go on in its word. `-` ends a line, `E` the song; P1, P2 and P3 begin the part of a
 * singer, of the other, of both. With #RELATIVE:YES beats count from the line's beginning.
 */

const HEADER = /^#\s*([A-Z0-9_]{1,30})\s*:(.*)$/i
const NOTE = /^\s*([:*FRG])\s*(-?\d{1,9})\s+(-?\d{1,9})\s+-?\d{1,9}(?:\s?$|\s(.*)$)/
const LINE_BREAK = /^\s*-\s*(-?\d{1,9})?\s*(-?\d{1,9})?/
const TEMPO = /^\s*B\s+(-?\d{1,9})\s+([\d.,]{1,12})/
const PART = /^\s*P\s*([1-9])\s*$/i
/** Both singers of a duet, in the old and the new way to write it. */
const BOTH = new Set(['3', '9'])

/** @property lines only the last one may have no notes */
type Part = { singer: string | null; lines: Piece[][]; offsetBeats: number }

export function readUltraStar(text: string, { language: chosen }: ReaderOptions): TextOfFile {
  const rows = text.split('\n')
  const headers = headersOf(rows)
  const clock = clockOfSong(
    headers,
    rows.flatMap((row) => tempoOf(row)),
  )
  const isRelative = /^\s*yes/i.test(headers.get('RELATIVE') ?? '')
  const parts: Part[] = [{ singer: null, lines: [[]], offsetBeats: 0 }]
  for (const row of rows) {
    if (/^\s*E\s*$/.test(row) && parts.length === 1) break
    const singer = PART.exec(row)?.[1]
    if (singer !== undefined) parts.push({ singer: singerName(singer, headers), lines: [[]], offsetBeats: 0 })
    const part = parts.at(-1)
    if (part) addRow(row, { part, clock, isRelative })
  }
  refuseTooMany({
    lines: parts.reduce((count, { lines }) => count + lines.filter((line) => line.length > 0).length, 0),
  })
  const lines = parts.flatMap(linesOfPart)
  if (lines.length === 0) throw new UserError('This UltraStar file has no notes.', { code: 'bad-lyrics' })
  const declared = languageOfName(headers.get('LANGUAGE') ?? '')
  const words = lines.flatMap((line) => line.words.map((word) => word.text)).join('')
  return { language: languageOf({ chosen, declared, text: words }), lines }
}

export function looksLikeUltraStar(text: string): boolean {
  return (
    /^ {0,9}#[ \t]{0,9}(?:BPM|TITLE|ARTIST|MP3|AUDIO|VERSION)[ \t]{0,9}:/im.test(text) &&
    /^ {0,9}[:*FRG] {0,9}-?\d{1,9} {1,9}-?\d/m.test(text)
  )
}

function headersOf(rows: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const row of rows) {
    const header = HEADER.exec(row)
    if (header) headers.set((header[1] ?? '').toUpperCase(), (header[2] ?? '').trim())
  }
  return headers
}

function tempoOf(row: string): { beat: number; bpm: string }[] {
  const [, beat, bpm] = TEMPO.exec(row) ?? []
  return beat === undefined || bpm === undefined ? [] : [{ beat: Number(beat), bpm }]
}

function singerName(number: string, headers: ReadonlyMap<string, string>): string | null {
  if (BOTH.has(number)) return null
  return headers.get(`DUETSINGERP${number}`) || headers.get(`P${number}`) || `P${number}`
}

function addRow(row: string, { part, clock, isRelative }: { part: Part; clock: SongClock; isRelative: boolean }): void {
  const note = NOTE.exec(row)
  if (note) {
    const beat = Number(note[2]) + part.offsetBeats
    const piece = { text: note[4] ?? '', startMs: clock(beat), endMs: clock(beat + Math.max(0, Number(note[3]))) }
    addNote(piece, part.lines)
    return
  }
  const end = LINE_BREAK.exec(row)
  if (!end) return
  if (isRelative) part.offsetBeats += Number(end[2] ?? end[1] ?? 0)
  if (part.lines.at(-1)?.length) part.lines.push([])
}

/** A hold belongs to the last note, also if a line ends between them. */
function addNote(piece: Piece, lines: Piece[][]): void {
  const text = piece.text.trim()
  const isHold = text.startsWith('~') || text === '' || text === '-'
  const line = lines.at(-1)
  const sungLine = isHold && line?.length === 0 ? lines.at(-2) : line
  const last = sungLine?.at(-1)
  if (!isHold || !last) {
    if (text.replaceAll('~', '') !== '') line?.push({ ...piece, text: piece.text.replaceAll('~', '') })
    return
  }
  const rest = text.replaceAll('~', '').replace(/^-$/, '')
  const space = piece.text.endsWith(' ') ? ' ' : ''
  if (/[\p{L}\p{N}]/u.test(rest)) {
    if (last.text.endsWith(' ') && !piece.text.startsWith(' ')) last.text = last.text.trimEnd()
    sungLine?.push({ ...piece, text: (piece.text.startsWith(' ') ? ' ' : '') + rest + space })
    return
  }
  last.text = rest === '' ? last.text + space : last.text.trimEnd() + rest + space
  last.endMs = Math.max(last.endMs, piece.endMs)
}

function linesOfPart({ singer, lines }: Part): LyricsLine[] {
  return lines.filter((line) => line.length > 0).map((pieces) => newLine({ words: wordsOfPieces(pieces), singer }))
}
