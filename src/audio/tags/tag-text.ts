import { codePageOf, readAs } from './code-page.ts'

/** Bytes, and whether their text says it is ISO 8859-1 and was made UTF-8 of. */
export type TagValue = { bytes: Buffer; isLatin1: boolean }

/**
 * Turns what a file's tags hold into text: UTF-8 where the bytes are that, else the one legacy code page that fits them
 * all. Control characters of ISO 8859-1 (U+0080 to U+009F) are in no text: they show that all values were taken for that.
 * There is a text for any bytes, and none has U+FFFD that had none before.
 */
export function tagTexts(values: readonly TagValue[]): string[] {
  const isAnyLatin1 = values.some(({ bytes }) => /[\x80-\x9f]/.test(readUtf8(bytes) ?? ''))
  const fields = values.map(({ bytes, isLatin1 }) => (isLatin1 || isAnyLatin1 ? original(bytes) : bytes))
  const legacy = fields.filter((field) => readUtf8(field) === null)
  const codePage = codePageOf(legacy)
  return fields.map((field) => readUtf8(field) ?? readLegacy(codePage, field))
}

/** The bytes before they were taken for ISO 8859-1. */
function original(bytes: Buffer): Buffer {
  const text = readUtf8(bytes)
  return text !== null && /^[\0-\xff]*$/u.test(text) ? Buffer.from(text, 'latin1') : bytes
}

/** Null where it is no UTF-8; what looks like a character that is cut off counts only behind a whole one. */
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
