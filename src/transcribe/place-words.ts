import type { Lyrics } from '../song/lyrics.ts'
import type { Database } from '../store/ledger/database.ts'
import { lyricsTasksOf } from '../store/queries/lyrics-tasks.ts'
import { addLyricsJobs } from '../store/transitions/lyrics-jobs.ts'
import { spanOf } from './hear-words.ts'
import type { AlignGroup, TimingRules } from './timing-rules.ts'

/** @property lyrics the text with what is aligned so far @property isWhole whether that is all of it */
export type Placing = { lyrics: Lyrics; done: number; isWhole: boolean }

/**
 * Has groups of lines aligned, and joins what is done.
 * @param guess the text with a first time of each line. Each call must give the same groups, or more of them behind.
 * @param areAll whether these are all groups of the text
 */
export function placeWords(
  db: Database,
  {
    songId,
    modelId,
    language,
    guess,
    groups,
    areAll,
    rules,
  }: {
    songId: number
    modelId: string
    language: string | null
    guess: Lyrics
    groups: readonly AlignGroup[]
    areAll: boolean
    rules: Pick<TimingRules, 'join'>
  },
): Placing {
  const planned = groups.map(({ range, words }, position) => {
    return { position, range: spanOf(range), task: { kind: 'align' as const, language, words: [...words] } }
  })
  addLyricsJobs(db, { songId, modelId, step: 'align', tasks: planned })
  const aligned = lyricsTasksOf(db, { songId, step: 'align' }).flatMap(({ position, result }) => {
    const group = groups[position]
    return group && result ? [{ group, result }] : []
  })
  const lyrics = aligned.length > 0 ? rules.join(guess, aligned) : guess
  return { lyrics, done: aligned.length, isWhole: areAll && aligned.length === groups.length }
}
