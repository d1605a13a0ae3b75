/** Scripts that are written without spaces between words. */
const WITHOUT_SPACES = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u
const MARKS_ONLY = /^[^\p{L}\p{N}]+$/u

/** The words of a line of text; each has the space that follows it. */
export function wordsOfText(text: string, language: string | null): string[] {
  const spaced = text.trim().replaceAll(/\s+/gu, ' ').match(/\S+ ?/gu) ?? []
  return spaced.flatMap((word) => (WITHOUT_SPACES.test(word) ? segments(word, language) : [word]))
}

/** Whether a space belongs between two texts that are joined. */
export function needsSpace(before: string, after: string): boolean {
  const [last = ' ', first = ' '] = [[...before].at(-1), [...after][0]]
  if (/\s/u.test(last) || /\s/u.test(first)) return false
  return !(WITHOUT_SPACES.test(last) && WITHOUT_SPACES.test(first))
}

/** The places inside a word where it can be split: between characters as a reader sees them. */
export function splitsOf(word: string): number[] {
  const trimmed = word.trimEnd()
  const parts = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed)]
  return parts.map(({ index }) => index).filter((index) => index > 0)
}

/** Marks such as a comma belong to the word before them, opening ones at the beginning to the word after. */
function segments(text: string, language: string | null): string[] {
  const words: string[] = []
  let opening = ''
  for (const { segment } of new Intl.Segmenter(language ?? undefined, { granularity: 'word' }).segment(text)) {
    const last = words.at(-1)
    if (!MARKS_ONLY.test(segment)) {
      words.push(`${opening}${segment}`)
      opening = ''
    } else if (last === undefined || /^\p{Ps}|^\p{Pi}/u.test(segment)) opening += segment
    else words[words.length - 1] = `${last}${segment}`
  }
  if (opening === '') return words
  const last = words.pop() ?? ''
  return [...words, `${last}${opening}`]
}
