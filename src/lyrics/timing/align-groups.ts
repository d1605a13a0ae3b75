import { type Lyrics, type LyricsLine, timingOf } from '../../song/lyrics.ts'
import { MAX_TASK_SECONDS } from '../../song/lyrics-task.ts'
import type { TimeRange } from './voice-windows.ts'

/** Lines that are aligned together. `words` are all of theirs, in order; `first` and `last` are their first and last line. */
export type AlignGroup = { range: TimeRange; first: number; last: number; words: readonly string[] }

/** How far the sound of a group reaches before its first word and behind its last one. Given times are surer than guessed ones. */
const GIVEN = { spanMs: 20_000, beforeMs: 400, afterMs: 200, lastMs: 4_000 }
const GUESSED = { spanMs: 22_000, beforeMs: 1_200, afterMs: 400, lastMs: 4_000 }
/** A long pause behind a group is not part of its sound. */
const MAX_LAST_WORD_MS = 6_000
const MIN_RANGE_MS = 2_000
/** The network writes at most 448 tokens, and a long word has several. */
const MAX_GROUP_WORDS = 120

/**
 * The lines of a text whose lines have times, in groups of up to 22 s.
 * @param untilMs groups whose sound ends later are left out
 */
export function alignGroups(guess: Lyrics, untilMs: number): AlignGroup[] {
  const rules = timingOf(guess) === 'words' ? GUESSED : GIVEN
  const groups: AlignGroup[] = []
  const lines = guess.lines
  for (let first = 0; first < lines.length; ) {
    const startMs = startOf(lines, first)
    let end = first + 1
    let words = lines[first]?.words.length ?? 0
    while (end < lines.length) {
      const nextWords = lines[end]?.words.length ?? 0
      if (startOf(lines, end + 1, rules.lastMs) - startMs > rules.spanMs || words + nextWords > MAX_GROUP_WORDS) break
      words += nextWords
      end++
    }
    const range = rangeOf(guess, { first, end }, rules)
    if (range.endMs > untilMs) return groups
    const texts = lines.slice(first, end).flatMap((line) => line.words.map(({ text }) => text))
    if (texts.length > 0) groups.push({ range, first, last: end - 1, words: texts })
    first = end
  }
  return groups
}

function rangeOf(
  { lines }: Lyrics,
  { first, end }: { first: number; end: number },
  { beforeMs, afterMs, lastMs }: typeof GIVEN,
): TimeRange {
  const startMs = Math.max(0, startOf(lines, first) - beforeMs)
  const lastWordMs = lines[end - 1]?.words.at(-1)?.startMs ?? startOf(lines, end - 1)
  const nextMs = end < lines.length ? startOf(lines, end) : lastWordMs + lastMs
  const wantedMs = Math.min(nextMs, Math.max(lastWordMs, startOf(lines, end - 1)) + MAX_LAST_WORD_MS) + afterMs
  const endMs = Math.max(startMs + MIN_RANGE_MS, Math.min(wantedMs, startMs + MAX_TASK_SECONDS * 1_000))
  return { startMs: Math.round(startMs), endMs: Math.round(endMs) }
}

/** When a line begins: a line without a time begins with the one before it. Behind the last line: `afterLastMs` after it. */
function startOf(lines: readonly LyricsLine[], index: number, afterLastMs = 0): number {
  for (let i = Math.min(index, lines.length - 1); i >= 0; i--) {
    const startMs = lines[i]?.words[0]?.startMs ?? lines[i]?.startMs ?? null
    if (startMs !== null) return startMs + (index >= lines.length ? afterLastMs : 0)
  }
  return 0
}
