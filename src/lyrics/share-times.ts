import type { LyricsLine, LyricsWord } from '../song/lyrics.ts'

/**
 * A line of which only some words have times: the others share the time between their neighbours by their letters, so that
 * either all words of a line have times or none.
 */
export function shareTimes(line: LyricsLine): LyricsLine {
  const isTimed = line.words.map(({ startMs }) => startMs !== null)
  if (!isTimed.includes(true) || !isTimed.includes(false)) return line
  const words: LyricsWord[] = []
  let gap: LyricsWord[] = []
  let fromMs = line.startMs ?? 0
  for (const word of line.words) {
    if (word.startMs === null || word.endMs === null) {
      gap.push(word)
      continue
    }
    words.push(...shared(gap, { fromMs: Math.min(fromMs, word.startMs), toMs: word.startMs }), word)
    gap = []
    fromMs = word.endMs
  }
  words.push(...shared(gap, { fromMs, toMs: Math.max(fromMs, line.endMs ?? fromMs) }))
  return { ...line, words }
}

function shared(words: readonly LyricsWord[], { fromMs, toMs }: { fromMs: number; toMs: number }): LyricsWord[] {
  const letters = words.reduce((sum, { text }) => sum + text.length, 0)
  const timeAt = (count: number) => Math.round(fromMs + ((toMs - fromMs) * count) / letters)
  let count = 0
  return words.map((word) => {
    const startMs = timeAt(count)
    count += word.text.length
    return { ...word, startMs, endMs: timeAt(count), syllables: null }
  })
}
