/** Control characters (Unicode's Cc: C0, DEL, C1), those of the direction of writing (UAX #9), separators of lines and paragraphs. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text as it may be shown on a terminal, whoever wrote it: what a terminal would obey, or show in another order, stands
 * there as an escape that JSON reads too (\u001b). Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

/** The same for a value within a line: line feeds and tabs are escaped as well. */
export function printableLine(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** A name that others gave, as one line without such characters: those of the direction of writing go, others become a space. */
export function singleLine(text: string): string {
  return text.replace(DIRECTION, '').replace(UNSAFE, ' ')
}

/** Whether a text is one line that can be shown as it is. */
export function isPrintableLine(text: string): boolean {
  return printableLine(text) === text
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
