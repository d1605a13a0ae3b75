/** Control characters (Unicode Cc: C0, DEL, C1), bidirectional controls (UAX #9), and line and paragraph separators. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * Makes an untrusted text safe for a terminal. Control characters and bidirectional controls become JSON escapes such as
 * \u001b. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

/** Makes an untrusted text safe within one line. Line feeds and tabs are escaped too. */
export function printableLine(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** Makes one line of an untrusted name. Bidirectional controls are removed, other control characters become spaces. */
export function singleLine(text: string): string {
  return text.replace(DIRECTION, '').replace(UNSAFE, ' ')
}

/** Whether a text is one line that needs no escapes. */
export function isPrintableLine(text: string): boolean {
  return printableLine(text) === text
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
