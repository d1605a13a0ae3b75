import { create as contentDisposition } from 'content-disposition'
import { fileNameOf } from '../song/file-name.ts'

/**
 * Names of files that people take with them. No file system of today takes more than 255 bytes (NAME_MAX), or characters; browsers add some of
 * their own while a file is on its way.
 */
const MOST_BYTES = 240
const MOST_WORDS_BYTES = 100
const SEPARATOR = ' - '
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What a name is made of; `words` say what was done to the song. */
export type NameParts = { artist: string; title: string; words: string; extension: string }

/**
 * "Artist - Title (minus vocals).wav". Where that is too long, the longer of artist and title is shortened, or both, so that something of
 * each is left.
 */
export function downloadName({ artist, title, words, extension }: NameParts): string {
  const end = `${words && ` (${shortened(plain(words), MOST_WORDS_BYTES)})`}.${extension}`
  if (artist === '') return `${shortened(plain(title), MOST_BYTES - bytesOf(end))}${end}`
  const room = MOST_BYTES - bytesOf(end) - SEPARATOR.length
  const [first, second] = [plain(artist), plain(title)]
  const fair = Math.floor(room / 2)
  const short = shortened(first, Math.max(fair, room - bytesOf(second)))
  return `${short}${SEPARATOR}${shortened(second, room - bytesOf(short))}${end}`
}

/**
 * The header that gives a file its name (RFC 6266). Who does not read `filename*`, as curl, gets the nearest name in ASCII.
 * Whatever stands in the name, it is the name of a file, not a path.
 */
export function disposition(name: string, type: 'attachment' | 'inline'): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const end = shortened(plain(extension), MOST_BYTES / 2)
  const whole = `${shortened(plain(stem), MOST_BYTES - bytesOf(end))}${end}`
  const ascii = `${inAscii(stem).slice(0, MOST_BYTES - end.length)}${inAscii(end)}`
  return contentDisposition(fileNameOf(whole), { type, fallback: fileNameOf(plain(ascii)) })
}

/** Without what ends a name or a folder somewhere: "AC/DC" is no folder. */
function plain(text: string): string {
  return text
    .replace(/[/\\]/g, '-')
    .replace(/"/g, "'")
    .replace(/\p{Cc}/gu, '')
}

function shortened(text: string, mostBytes: number): string {
  if (bytesOf(text) <= mostBytes) return text
  let kept = ''
  for (const { segment } of graphemes.segment(text)) {
    if (bytesOf(kept) + bytesOf(segment) + bytesOf('…') > mostBytes) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
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

/** Letters without their accents; an underscore for what ASCII has nothing like. */
function inAscii(text: string): string {
  return Array.from(text.normalize('NFC'), (letter) => {
    return IN_ASCII[letter] ?? (letter.normalize('NFKD').replace(/[^\x20-\x7e]/g, '') || '_')
  }).join('')
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}
