const ASCII_BITS = 6
const ACCENTED_BITS = 9
const CAPITAL_BITS = 10.5
const MARK_BITS = 9
const SIGN_BITS = 15
/** Of signs that no title has, and of control characters. */
const UNUSUAL_BITS = 24
/** Of letters that ISO 8859-1 lacks. */
const RARE_LETTER_BITS = 14
/** For an accented letter next to another. */
const NEIGHBOUR_BITS = 5
const MISPLACED_BITS = 8
/** Most texts without a name of their code page are western ones. */
const PRIOR_BITS = 8

const LETTER = '[À-ÖØ-öø-ÿŠšŒœŽžŸ]'
const BEFORE_LETTERS = '[\u00a0“‘„«‹¿¡–—…’]{0,2}'
const AFTER_LETTERS = '[\u00a0’”“‘»›…–—™®©°ºª²³]{0,2}'
/** At most two accented letters in a row; more where they are the same, or the end of an alphabet. */
const ACCENTED = new RegExp(`^${BEFORE_LETTERS}(?:${LETTER}{1,2}|(${LETTER})\\1*|æøå|åäö|äöü)${AFTER_LETTERS}$`, 'iu')
/** What stands without plain letters: one letter, the same one again and again, an Icelandic pronoun, the end of an alphabet. */
const ALONE = new RegExp(`^(?:${LETTER}|(${LETTER})\\1+|þ[áéíóúýæö]|æøå|åäö|äöü)$`, 'iu')
const MARKS = /^(?:[\u00a0“”‘’„«»‹›…–—¿¡]{1,3}|[½¼¾€£¥§×±•©®™°·†²³ºªµ´])$/u
/** A dash at one side of a word, a closing mark before one. */
const MISPLACED = /(?<=^|\s)[–—](?=\S)|(?<=\S)[–—](?=\s|$)|[”»](?=[\p{L}\p{N}{}\\^])/gu

/**
 * How many bits texts of western European languages take, read as windows-1252; fewer than any other reading where they
 * have their accents as those languages do: letters between plain ones, marks at the edges of words. Words of other
 * alphabets, read as windows-1252, are rows of accented letters and signs.
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
