/** Words of which less is equal are not the same. */
export const MIN_SIMILARITY = 0.6
const SKIP_COST = 0.12
const MISMATCH_COST = 0.6
/** More than 20 million pairs take a second and more. So long a text is not that of a song. */
const MAX_PAIRS = 20_000_000

/** @property text the index of a word of the text @property heard that of the word that was heard @property similarity from 0 to 1 */
export type Match = { text: number; heard: number; similarity: number }

/**
 * Finds the words of a text among those that were heard, in order, so that as many as possible are similar (global alignment:
 * Needleman and Wunsch, 1970).
 * @param text the words, spelled as `spellingOf` does
 * @returns null if there are too many words to compare
 */
export function matchWords(text: readonly string[], heard: readonly string[]): Match[] | null {
  if (text.length * heard.length > MAX_PAIRS) return null
  const similarity = similarities()
  const width = heard.length + 1
  const steps = new Uint8Array((text.length + 1) * width)
  let above = new Float32Array(width)
  let row = new Float32Array(width)
  for (let i = 1; i <= text.length; i++) {
    row[0] = 0
    for (let j = 1; j <= heard.length; j++) {
      const [both, skipText, skipHeard] = [
        (above[j - 1] ?? 0) + gainOf(text[i - 1] ?? '', heard[j - 1] ?? '', similarity),
        (above[j] ?? 0) - SKIP_COST,
        (row[j - 1] ?? 0) - SKIP_COST,
      ]
      const best = Math.max(both, skipText, skipHeard)
      steps[i * width + j] = best === both ? BOTH : best === skipText ? SKIP_TEXT : SKIP_HEARD
      row[j] = best
    }
    ;[above, row] = [row, above]
  }
  return wayBack(steps, width, text, heard, similarity)
}

const [BOTH, SKIP_TEXT] = [0, 1]
const SKIP_HEARD = 2

/** How a word is compared: letters and digits in lower case, without accents. */
export function spellingOf(word: string): string {
  return word
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
}

type Similarity = (a: string, b: string) => number

/** A long word counts more: short ones occur everywhere. */
function gainOf(text: string, heard: string, similarity: Similarity): number {
  const equal = similarity(text, heard)
  return equal >= MIN_SIMILARITY ? (2 * equal - 0.9) * Math.min(1, 0.4 + 0.15 * text.length) : -MISMATCH_COST
}

function wayBack(
  steps: Uint8Array,
  width: number,
  text: readonly string[],
  heard: readonly string[],
  similarity: Similarity,
): Match[] {
  const found: Match[] = []
  for (let [i, j] = [text.length, heard.length]; i > 0 && j > 0; ) {
    const step = steps[i * width + j]
    if (step === BOTH) {
      const equal = similarity(text[i - 1] ?? '', heard[j - 1] ?? '')
      if (equal >= MIN_SIMILARITY) found.push({ text: i - 1, heard: j - 1, similarity: equal })
    }
    if (step !== SKIP_HEARD) i--
    if (step !== SKIP_TEXT) j--
  }
  return found.reverse()
}

/** One minus the share of letters to change (Levenshtein, 1966), remembered for each pair of words. */
function similarities(): Similarity {
  const known = new Map<string, Map<string, number>>()
  return (a, b) => {
    if (a === b) return a === '' ? 0 : 1
    const most = Math.max(a.length, b.length)
    if (Math.min(a.length, b.length) < MIN_SIMILARITY * most) return 0
    const ofA = known.get(a) ?? new Map<string, number>()
    known.set(a, ofA)
    const found = ofA.get(b)
    if (found !== undefined) return found
    const result = 1 - distance(a, b) / most
    ofA.set(b, result)
    return result
  }
}

function distance(a: string, b: string): number {
  let row = [...Array(b.length + 1).keys()]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1])
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change))
    }
    row = next
  }
  return row[b.length] ?? 0
}
