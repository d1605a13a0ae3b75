import type { Lyrics } from '../song/lyrics.ts'
import type { LyricsTaskResult } from '../song/lyrics-task.ts'

/** Whole milliseconds of the song. */
export type TimeRange = { startMs: number; endMs: number }

/** A word that was heard, with its time in the song. */
export type HeardWord = LyricsTaskResult['words'][number]

/** What is known of a voice up to some place: where it sings and where it pauses. */
export type Voice = {
  /** Takes in the next piece: mono at TASK_SAMPLE_RATE, full scale 1. */
  push(samples: Float32Array): void
}

/** Lines that are aligned together. `words` are all of theirs in order, of which `first` is the first line and `last` the last one. */
export type AlignGroup = { range: TimeRange; first: number; last: number; words: readonly string[] }

/** What `src/lyrics/timing` does, in the terms of this stage. All of it is pure: the same voice and text give the same result. */
export type TimingRules<V extends Voice = Voice> = {
  newVoice(): V
  /** The windows to be heard, of at most MAX_TASK_SECONDS, between pauses. Unless it `isWhole`, those that more voice may change are left out. */
  windows(voice: V, isWhole: boolean): readonly TimeRange[]
  /** A text whose lines and words have the times at which they were heard, as far as they were. */
  match(text: Lyrics, heard: readonly HeardWord[], voice: V): { guess: Lyrics; fits: boolean }
  /** The lines of a text with line times, in groups whose voice ends before `untilMs`. */
  groups(guess: Lyrics, untilMs: number): readonly AlignGroup[]
  /** The text with the times of the groups that are aligned. Words that a person has confirmed keep theirs. */
  join(guess: Lyrics, aligned: readonly { group: AlignGroup; result: LyricsTaskResult }[]): Lyrics
  /** The lines of what was heard. */
  transcript(heard: readonly HeardWord[], language: string | null): Lyrics
}
