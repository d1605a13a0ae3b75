const VOWELS = /[aeiouyàâäáãåæéèêëíîïìóôöòõøœúùûüýаеёиоуыэюя]+/giu
const SYLLABIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu

/** About how many syllables a word has: its groups of vowels, or its characters in a script of syllables. At least one. */
export function syllablesOf(word: string): number {
  return Math.max(1, (word.match(VOWELS) ?? []).length + (word.match(SYLLABIC) ?? []).length)
}
