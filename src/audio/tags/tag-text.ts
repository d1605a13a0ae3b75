import { codePageOf, readAs } from '../../platform/code-page/code-page.ts'

/** `isLatin1`: the file states ISO 8859-1, and FFmpeg has converted the text from that to UTF-8. */
export type TagValue = { bytes: Buffer; isLatin1: boolean }

/**
 * Turns the values of a file's tags into text. A text is UTF-8 if its bytes are valid UTF-8. The texts that are not UTF-8 are
 * read in the one legacy code page that fits them all. No result contains control characters of ISO 8859-1 (U+0080 to U+009F):
 * they show that another code page was read as ISO 8859-1, so all values are read again. Any bytes give a text. A text contains
 * U+FFFD only if the file contains it.
 */
export function tagTexts(values: readonly TagValue[]): string[] {
  const isAnyLatin1 = values.some(({ bytes }) => /[\x80-\x9f]/.test(readUtf8(bytes) ?? ''))
  const fields = values.map(({ bytes, isLatin1 }) => (isLatin1 || isAnyLatin1 ? original(bytes) : bytes))
  const legacy = fields.filter((field) => readUtf8(field) === null)
  const codePage = codePageOf(legacy)
  return fields.map((field) => readUtf8(field) ?? readLegacy(codePage, field))
}

/** The bytes before they were converted from ISO 8859-1 to UTF-8. */
function original(bytes: Buffer): Buffer {
  const text = readUtf8(bytes)
  return text !== null && /^[\0-\xff]*$/u.test(text) ? Buffer.from(text, 'latin1') : bytes
}

/** Null when the bytes are not UTF-8. A cut-off character at the end is allowed only after a complete non-ASCII one. */
function readUtf8(bytes: Uint8Array): string | null {
  try {
    const text = readAs('utf-8', bytes)
    const isWhole = Buffer.byteLength(text) === bytes.length
    return isWhole || /[^\0-\x7f]/u.test(text) ? text : null
  } catch {
    return null
  }
}

function readLegacy(codePage: ReturnType<typeof codePageOf>, bytes: Uint8Array): string {
  try {
    return readAs(codePage, bytes)
  } catch {
    return readAs('windows-1252', bytes)
  }
}
