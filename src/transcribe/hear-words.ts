import { SAMPLE_RATE } from '../song/pcm.ts'
import type { Span } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import { lyricsTasksOf, type StoredTask } from '../store/queries/lyrics-tasks.ts'
import { addLyricsJobs } from '../store/transitions/lyrics-jobs.ts'
import type { HeardWord, TimeRange } from './timing-rules.ts'

/** A language is believed from the first window with so many words. */
const WORDS_FOR_LANGUAGE = 6

/** @property heard the words of all windows up to the first one that is not done @property isWhole whether that is all of them */
export type Hearing = { heard: HeardWord[]; language: string | null; tasks: readonly StoredTask[]; isWhole: boolean }

/**
 * Has the windows of a voice transcribed, and collects what was heard. If the language is not known, windows are heard one after
 * the other until one tells it. So every run, with any number of workers, hears the same.
 */
export function hearWords(
  db: Database,
  {
    songId,
    modelId,
    language: chosen,
    windows,
    areAll,
  }: {
    songId: number
    modelId: string
    language: string | null
    windows: readonly TimeRange[]
    /** Whether the voice has no further windows. */
    areAll: boolean
  },
): Hearing {
  const before = lyricsTasksOf(db, { songId, step: 'transcribe' })
  const language = chosen ?? languageOf(before)
  const count = language === null ? Math.min(windows.length, done(before).length + 1) : windows.length
  const planned = windows.slice(0, count).map((window, position) => {
    return { position, range: spanOf(window), task: { kind: 'transcribe' as const, language } }
  })
  addLyricsJobs(db, { songId, modelId, step: 'transcribe', tasks: planned })
  const tasks = lyricsTasksOf(db, { songId, step: 'transcribe' })
  const finished = done(tasks)
  return {
    heard: finished.flatMap(wordsOf),
    language,
    tasks,
    isWhole: areAll && finished.length === windows.length,
  }
}

export function spanOf({ startMs, endMs }: TimeRange): Span {
  const [startSample, end] = [startMs, endMs].map((ms) => Math.round((ms * SAMPLE_RATE) / 1000)) as [number, number]
  return { startSample, samples: end - startSample }
}

/** The tasks from the first one on that are done without a gap. */
function done(tasks: readonly StoredTask[]): StoredTask[] {
  const open = tasks.findIndex(({ result }) => result === null)
  return tasks.slice(0, open < 0 ? tasks.length : open)
}

function languageOf(tasks: readonly StoredTask[]): string | null {
  const telling = done(tasks).find(({ result }) => result?.language && result.words.length >= WORDS_FOR_LANGUAGE)
  return telling?.result?.language ?? null
}

/** The words of a window with their times in the song. */
function wordsOf({ range, result }: StoredTask): HeardWord[] {
  const offsetMs = Math.round((range.startSample * 1000) / SAMPLE_RATE)
  return (result?.words ?? []).map((word) => {
    return { ...word, startMs: word.startMs + offsetMs, endMs: word.endMs + offsetMs }
  })
}
