import { UserError } from '../../song/errors.ts'

/** Beginnings of files that are no text, though much of them may look so. */
const MAGIC: readonly [start: string, what: string][] = [
  ['%PDF', 'a PDF document'],
  ['{\\rtf', 'an RTF document'],
  ['PK\x03\x04', 'a zip file or an office document'],
  ['ID3', 'a sound file'],
  ['OggS', 'a sound file'],
  ['fLaC', 'a sound file'],
  ['RIFF', 'a sound file'],
  ['\x89PNG', 'a picture'],
  ['\xff\xd8\xff', 'a picture'],
]
/** A text has fewer control characters than one in so many. */
const TEXT_PER_CONTROL = 10
const UTF16_SAMPLE_BYTES = 4_096

/**
 * The text of a file: UTF-8, UTF-16 with or without a byte order mark, or else the code page that the file names
 * (#ENCODING of UltraStar), or windows-1252.
 * @throws UserError when it is no text
 */
export function decodeText(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 8))
  const magic = MAGIC.find(([beginning]) => start.startsWith(beginning))
  if (magic) throw refused(`It is ${magic[1]}.`)
  const text = new TextDecoder(utf16Of(bytes) ?? 'utf-8').decode(bytes)
  const decoded = text.includes('\ufffd') && utf16Of(bytes) === null ? decodeLegacy(bytes) : text
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const controls = decoded.match(/[\x00-\x08\x0e-\x1f]/g)?.length ?? 0
  if (decoded.includes('\0') || controls * TEXT_PER_CONTROL > decoded.length) throw refused('It is no text.')
  return decoded
}

/** Null for another encoding. Without a byte order mark, Western texts show by zeros at every other byte. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, UTF16_SAMPLE_BYTES)
  const zeros = [0, 0]
  sample.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  })
  const [even = 0, odd = 0] = zeros
  if (odd * 4 > sample.length && even === 0) return 'utf-16le'
  return even * 4 > sample.length && odd === 0 ? 'utf-16be' : null
}

/** A text that is UTF-8 but for a few broken bytes stays UTF-8. */
function decodeLegacy(bytes: Uint8Array): string {
  const utf8 = new TextDecoder('utf-8').decode(bytes)
  const broken = utf8.match(/\ufffd/g)?.length ?? 0
  const whole = utf8.match(/[^\0-\x7f\ufffd]/gu)?.length ?? 0
  if (whole > broken * 4) return utf8
  const ansi = new TextDecoder('windows-1252').decode(bytes)
  const page = /^#ENCODING:\s*CP(125[0-8])/im.exec(ansi.slice(0, 2_000))?.[1]
  return page === undefined ? ansi : new TextDecoder(`windows-${page}`).decode(bytes)
}

function refused(why: string): UserError {
  return new UserError(
    `This file has no words that can be read. ${why} Choose an LRC, SRT, WebVTT, TTML, UltraStar or plain text file.`,
    {
      code: 'bad-lyrics',
    },
  )
}
