const ASCII_BITS = 6
const ACCENTED_BITS = 9
const CAPITAL_BITS = 10.5
const MARK_BITS = 9
const SIGN_BITS = 15
/** For signs that no title contains, and for control characters. */
const UNUSUAL_BITS = 24
/** For letters that are not in ISO 8859-1. */
const RARE_LETTER_BITS = 14
/** For an accented letter next to another one. */
const NEIGHBOUR_BITS = 5
const MISPLACED_BITS = 8
/** Subtracted, because most texts without a stated code page are western. */
const PRIOR_BITS = 8

const LETTER = '[À-ÖØ-öø-ÿŠšŒœŽžŸ]'
const BEFORE_LETTERS = '[\u00a0“‘„«‹¿¡–—…’]{0,2}'
const AFTER_LETTERS = '[\u00a0’”“‘»›…–—™®©°ºª²³]{0,2}'
/** At most two accented letters in a row. More if they are all the same, or the end of a Scandinavian alphabet. */
const ACCENTED = new RegExp(`^${BEFORE_LETTERS}(?:${LETTER}{1,2}|(${LETTER})\\1*|æøå|åäö|äöü)${AFTER_LETTERS}$`, 'iu')
/** Words without ASCII letters: one letter, one letter repeated, an Icelandic pronoun, the end of an alphabet. */
const ALONE = new RegExp(`^(?:${LETTER}|(${LETTER})\\1+|þ[áéíóúýæö]|æøå|åäö|äöü)$`, 'iu')
const MARKS = /^(?:[\u00a0“”‘’„«»‹›…–—¿¡]{1,3}|[½¼¾€£¥§×±•©®™°·†²³ºªµ´])$/u
/** A dash at only one side of a word, or a closing mark before a word. */
const MISPLACED = /(?<=^|\s)[–—](?=\S)|(?<=\S)[–—](?=\s|$)|[”»](?=[\p{L}\p{N}{}\\^])/gu

/**
 * How many bits the texts take as windows-1252. Minus infinity when their accents look western European: single accented
 * letters among ASCII letters, marks at the edges of words. Words of other alphabets, read as windows-1252, are series of
 * accented letters and signs.
 */
export function westernBits(texts: readonly string[]): number {
  if (texts.every(isWestern)) return Number.NEGATIVE_INFINITY
  return texts.reduce((total, text) => total + bitsOf(text), -PRIOR_BITS)
}

function isWestern(text: string): boolean {
  const runs = text.match(/[^\0-\x7f]+/gu) ?? []
  const plainLetters = text.match(/[a-z]/gi)?.length ?? 0
  const isPlaced = !text.match(MISPLACED) && runs.every((run) => ACCENTED.test(run) || MARKS.test(run))
  return isPlaced && (plainLetters >= runs.join('').length || runs.every((run) => ALONE.test(run)))
}

function bitsOf(text: string): number {
  let bits = MISPLACED_BITS * (text.match(MISPLACED)?.length ?? 0)
  let isAfterAccent = false
  for (const character of text) {
    const isAccented = /[À-ÖØ-öø-ÿŠšŒœŽžŸ]/u.test(character)
    bits += characterBits(character) + (isAccented && isAfterAccent ? NEIGHBOUR_BITS : 0)
    isAfterAccent = isAccented
  }
  return bits
}

function characterBits(character: string): number {
  if (character <= '\x7f') return ASCII_BITS
  if (character < '\xa0' || /[‰ˆ˜‡ƒ¨¸¯¬¦¤]/u.test(character)) return UNUSUAL_BITS
  if (/[à-öø-ÿ]/u.test(character)) return ACCENTED_BITS
  if (/[À-ÖØ-Þ]/u.test(character)) return CAPITAL_BITS
  if (/\p{L}/u.test(character)) return RARE_LETTER_BITS
  return /[“”‘’…–—«»¿¡\u00a0]/u.test(character) ? MARK_BITS : SIGN_BITS
}
