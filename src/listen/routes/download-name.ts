import { create as contentDisposition } from 'content-disposition'
import { fileNameOf } from '../../platform/file-name.ts'

/** File systems allow names of 255 bytes (NAME_MAX) or characters. Browsers append some of their own during a download. */
const MAX_BYTES = 240
const MAX_WORDS_BYTES = 100
const SEPARATOR = ' - '
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** @property words what was done to the song, such as "minus vocals"; empty for the song itself */
export type NameParts = { artist: string; title: string; words: string; extension: string }

/**
 * A name such as "Artist - Title (minus vocals).wav". If it is too long, the longer one of artist and title is shortened, or both,
 * so that a part of each remains.
 */
export function downloadName({ artist, title, words, extension }: NameParts): string {
  const end = `${words && ` (${shortened(plain(words), MAX_WORDS_BYTES)})`}.${extension}`
  if (artist === '') return `${shortened(plain(title), MAX_BYTES - bytesOf(end))}${end}`
  const room = MAX_BYTES - bytesOf(end) - SEPARATOR.length
  const [first, second] = [plain(artist), plain(title)]
  const fair = Math.floor(room / 2)
  const short = shortened(first, Math.max(fair, room - bytesOf(second)))
  return `${short}${SEPARATOR}${shortened(second, room - bytesOf(short))}${end}`
}

/**
 * The Content-Disposition header (RFC 6266). Clients that do not support `filename*`, such as curl, get a similar name in ASCII. The
 * name never contains a path.
 */
export function disposition(name: string, type: 'attachment' | 'inline'): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const end = shortened(plain(extension), MAX_BYTES / 2)
  const whole = `${shortened(plain(stem), MAX_BYTES - bytesOf(end))}${end}`
  const ascii = `${inAscii(stem).slice(0, MAX_BYTES - end.length)}${inAscii(end)}`
  return contentDisposition(fileNameOf(whole), { type, fallback: fileNameOf(plain(ascii)) })
}

/** Replaces characters that separate folders or end a name, as in "AC/DC". */
function plain(text: string): string {
  return text
    .replace(/[/\\]/g, '-')
    .replace(/"/g, "'")
    .replace(/\p{Cc}/gu, '')
}

function shortened(text: string, maxBytes: number): string {
  if (bytesOf(text) <= maxBytes) return text
  let start = ''
  for (const { segment } of graphemes.segment(text)) {
    if (bytesOf(start) + bytesOf(segment) + bytesOf('…') > maxBytes) break
    start += segment
  }
  return `${start.trimEnd()}…`
}

const IN_ASCII: Readonly<Record<string, string>> = {
  '’': "'",
  '‘': "'",
  '“': "'",
  '”': "'",
  '–': '-',
  '—': '-',
  '−': '-',
  ß: 'ss',
  ø: 'o',
  Ø: 'O',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ł: 'l',
  Ł: 'L',
}

/** Removes accents, and replaces each character without a similar one in ASCII by an underscore. */
function inAscii(text: string): string {
  return Array.from(text.normalize('NFC'), (letter) => {
    return IN_ASCII[letter] ?? (letter.normalize('NFKD').replace(/[^\x20-\x7e]/g, '') || '_')
  }).join('')
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}
