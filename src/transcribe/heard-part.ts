import type { Lyrics, LyricsLine } from '../song/lyrics.ts'

/** Fewer words may have been heard by chance. */
const MIN_HEARD_WORDS = 3

/**
 * What of a guess can be shown while the rest of the song is still to be heard: the times of all lines up to the last one of which a
 * word was heard. Such words have an end. The lines behind it have no times yet, because a guess would press them into the part that
 * is known. Null if hardly anything was heard.
 */
export function heardPart(guess: Lyrics): Lyrics | null {
  const heardWords = guess.lines.flatMap(({ words }) => words.filter(isHeard))
  if (heardWords.length < MIN_HEARD_WORDS) return null
  const last = guess.lines.findLastIndex(({ words }) => words.some(isHeard))
  return { ...guess, lines: guess.lines.map((line, index) => (index <= last ? line : withoutTimes(line))) }
}

function isHeard({ endMs, isConfirmed }: LyricsLine['words'][number]): boolean {
  return endMs !== null && !isConfirmed
}

function withoutTimes(line: LyricsLine): LyricsLine {
  const words = line.words.map((word) =>
    word.isConfirmed ? word : { ...word, startMs: null, endMs: null, syllables: null },
  )
  return { ...line, words, startMs: words[0]?.startMs ?? null, endMs: null }
}
