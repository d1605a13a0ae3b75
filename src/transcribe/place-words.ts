import type { Lyrics } from '../song/lyrics.ts'
import type { Database } from '../store/ledger/database.ts'
import { lyricsTasksOf } from '../store/queries/lyrics-tasks.ts'
import { addLyricsJobs } from '../store/transitions/lyrics-jobs.ts'
import { spanOf } from './hear-words.ts'
import type { AlignGroup, TimeRange, TimingRules } from './timing-rules.ts'

/** Words that are said to come after the end are looked for in the last sound. */
const MIN_RANGE_MS = 1_000

/**
 * The mean probability of words at their places. In three songs it was 0.51 to 0.67, and 0.05 to 0.11 with the text of another one.
 */
const MIN_PROBABILITY = 0.15
/** Fewer words tell nothing. */
const MIN_WORDS = 12

/** @property lyrics the text with what is aligned so far @property isWhole whether that is all of it @property fits whether the voice sings it */
export type Placing = { lyrics: Lyrics; done: number; isWhole: boolean; fits: boolean }

/**
 * Has groups of lines aligned, and joins what is done.
 * @param guess the text with a first time of each line. Each call must give the same groups, or more of them behind.
 * @param wanted the groups. Their sound may reach beyond the end of the song, as its last line does.
 * @param areAll whether these are all groups of the text
 */
export function placeWords(
  db: Database,
  {
    songId,
    modelId,
    language,
    guess,
    groups: wanted,
    areAll,
    songMs,
    rules,
  }: {
    songId: number
    modelId: string
    language: string | null
    guess: Lyrics
    groups: readonly AlignGroup[]
    areAll: boolean
    /** The length of the song, as far as it is known. */
    songMs: number
    rules: Pick<TimingRules, 'join'>
  },
): Placing {
  const groups = wanted.map((group) => ({ ...group, range: within(group.range, songMs) }))
  const planned = groups.map(({ range, words }, position) => {
    return { position, range: spanOf(range), task: { kind: 'align' as const, language, words: [...words] } }
  })
  addLyricsJobs(db, { songId, modelId, step: 'align', tasks: planned })
  const aligned = lyricsTasksOf(db, { songId, step: 'align' }).flatMap(({ position, result }) => {
    const group = groups[position]
    return group && result ? [{ group, result }] : []
  })
  const lyrics = aligned.length > 0 ? rules.join(guess, aligned) : guess
  return {
    lyrics,
    done: aligned.length,
    isWhole: areAll && aligned.length === groups.length,
    fits: isConfirmed(guess) || isProbable(aligned.flatMap(({ result }) => result.words)),
  }
}

function within({ startMs, endMs }: TimeRange, songMs: number): TimeRange {
  const end = Math.min(endMs, songMs)
  return { startMs: Math.max(0, Math.min(startMs, end - MIN_RANGE_MS)), endMs: end }
}

/** Who has placed a word knows that the text is the right one. */
function isConfirmed({ lines }: Lyrics): boolean {
  return lines.some(({ words }) => words.some((word) => word.isConfirmed))
}

function isProbable(words: readonly { probability: number }[]): boolean {
  const mean = words.reduce((sum, { probability }) => sum + probability, 0) / Math.max(1, words.length)
  return words.length < MIN_WORDS || mean >= MIN_PROBABILITY
}
