import { type Lyrics, type LyricsLine, type LyricsWord, timingOf } from '../../song/lyrics.ts'
import type { LyricsTaskResult } from '../../song/lyrics-task.ts'
import type { AlignGroup } from './align-groups.ts'
import { ATTENTION_LEAD_MS, lineOf } from './guess-times.ts'
import { madeRising } from './rising.ts'

export type Aligned = { group: AlignGroup; result: LyricsTaskResult }

/** Where a word that was heard by itself and its alignment differ by more, the alignment has lost its place. */
const MAX_OFF_ANCHOR_MS = 600
/** Lines whose first guess and alignment differ by more are doubtful. */
const DOUBTFUL_MS = 200
const MIN_WORD_MS = 30
/** A word without a following one does not last longer. */
const MAX_WORD_MS = 3_000

type Timed = { startMs: number; endMs: number; guessMs: number | null; word: LyricsWord; isAligned: boolean }

/**
 * The text with the times of the groups that are aligned. A word that a person has confirmed keeps its times. If the lines had
 * times of their own, each keeps its beginning, and its words stay within it.
 * @param guess the text as it was before the alignment; each group's result has its words in order
 */
export function joinAligned(guess: Lyrics, aligned: readonly Aligned[]): Lyrics {
  const hasGivenLines = timingOf(guess) !== 'words'
  const resultOf = new Map<number, { result: LyricsTaskResult; group: AlignGroup; from: number }>()
  for (const { group, result } of aligned) {
    let from = 0
    for (let line = group.first; line <= group.last; line++) {
      resultOf.set(line, { result, group, from })
      from += guess.lines[line]?.words.length ?? 0
    }
  }
  const timed = guess.lines.map((line, index) => {
    const found = resultOf.get(index)
    if (!found) return hasGivenLines ? null : line.words.map((word) => timedGuess(word))
    const nextMs = hasGivenLines ? nextGivenMs(guess.lines, index) : Number.POSITIVE_INFINITY
    return alignedWords(line, { ...found, hasGivenLines, nextMs })
  })
  const all = timed.flatMap((words) => words ?? [])
  const starts = madeRising(all.map(({ startMs }) => startMs))
  for (const [i, each] of all.entries()) each.startMs = starts[i] ?? each.startMs
  for (const [i, each] of all.entries()) each.endMs = endOf(each, all[i + 1])
  const lines = guess.lines.map((line, index): LyricsLine => {
    const words = timed[index]
    if (!words) return line
    const placed = words.map(({ word, startMs, endMs, isAligned }): LyricsWord => {
      const times = { startMs: Math.round(startMs), endMs: Math.round(endMs) }
      return word.isConfirmed
        ? word
        : { ...word, ...(isAligned || word.endMs !== null ? times : { startMs: times.startMs }), syllables: null }
    })
    return {
      ...lineOf(line, placed),
      isDoubtful: words.some(({ isAligned }) => isAligned) ? isDoubtful(words) : line.isDoubtful,
    }
  })
  return { ...guess, lines }
}

function timedGuess(word: LyricsWord): Timed {
  const startMs = word.startMs ?? 0
  return { word, startMs, endMs: word.endMs ?? startMs, guessMs: startMs, isAligned: false }
}

function alignedWords(
  line: LyricsLine,
  {
    result,
    group,
    from,
    hasGivenLines,
    nextMs,
  }: { result: LyricsTaskResult; group: AlignGroup; from: number; hasGivenLines: boolean; nextMs: number },
): Timed[] {
  let leastMs = line.startMs ?? 0
  return line.words.map((word, index) => {
    const found = result.words[from + index]
    const offsetMs = group.range.startMs + ATTENTION_LEAD_MS
    let startMs = (found?.startMs ?? 0) + offsetMs
    let endMs = (found?.endMs ?? 0) + offsetMs
    if (word.isConfirmed && word.startMs !== null) {
      startMs = word.startMs
      endMs = word.endMs ?? endMs
    } else if (hasGivenLines && line.startMs !== null) {
      startMs =
        index === 0 ? line.startMs : Math.min(Math.max(startMs, leastMs + MIN_WORD_MS), Math.max(leastMs, nextMs))
      endMs = Math.min(Math.max(endMs, startMs), Math.max(startMs, nextMs))
      leastMs = startMs
    } else if (word.startMs !== null && word.endMs !== null && Math.abs(word.startMs - startMs) > MAX_OFF_ANCHOR_MS) {
      startMs = word.startMs
      endMs = word.endMs
    }
    return { word, startMs, endMs, guessMs: word.startMs, isAligned: true }
  })
}

/** When the next line with a time of its own begins. */
function nextGivenMs(lines: readonly LyricsLine[], index: number): number {
  for (let i = index + 1; i < lines.length; i++) {
    const startMs = lines[i]?.startMs ?? null
    if (startMs !== null) return startMs
  }
  return Number.POSITIVE_INFINITY
}

function endOf({ startMs, endMs }: Timed, next: Timed | undefined): number {
  const mostMs = Math.min(next?.startMs ?? Number.POSITIVE_INFINITY, startMs + MAX_WORD_MS)
  return Math.max(startMs, Math.min(mostMs, Math.max(endMs, startMs + MIN_WORD_MS)))
}

function isDoubtful(words: readonly Timed[]): boolean {
  const differences = words.flatMap(({ guessMs, startMs, word }) => {
    return guessMs === null || word.isConfirmed ? [] : [Math.abs(guessMs - startMs)]
  })
  if (differences.length === 0) return false
  return differences.reduce((sum, each) => sum + each, 0) / differences.length > DOUBTFUL_MS
}
