import { type Lyrics, timingOf } from '../../song/lyrics.ts'
import { type LyricsTask, type LyricsTaskResult, TASK_SAMPLE_RATE } from '../../song/lyrics-task.ts'
import type { HeardWord } from './guess-times.ts'
import { timingRules } from './timing-rules.ts'
import type { TimeRange } from './voice-windows.ts'

type RunTask = (task: LyricsTask, samples: Float32Array) => Promise<LyricsTaskResult>

/** @property fits whether the text is that of the song; always for a text with line times, and for none */
export type TimedLyrics = { lyrics: Lyrics; fits: boolean }

/**
 * Finds the times of a text in a voice that is known to its end, or writes down what is sung.
 * @param lyrics null to transcribe
 * @param voice mono, 16 kHz, full scale 1
 * @param run runs a task, anywhere
 * @param onProgress is called with the share that is done, from 0 to 1
 */
export async function timeLyrics({
  lyrics,
  language,
  voice,
  run,
  onProgress = () => undefined,
}: {
  lyrics: Lyrics | null
  language: string | null
  voice: Float32Array
  run: RunTask
  onProgress?: (share: number) => void
}): Promise<TimedLyrics> {
  const hasLines = lyrics !== null && timingOf(lyrics) === 'lines'
  const levels = timingRules.newVoice()
  levels.push(voice)
  const listen = hasLines
    ? null
    : await hear({ levels, language, voice, run, onProgress: (share) => onProgress(lyrics ? share / 2 : share) })
  if (!lyrics) {
    return { lyrics: timingRules.transcript(listen?.heard ?? [], listen?.language ?? language), fits: true }
  }
  const { guess, fits } = listen ? timingRules.match(lyrics, listen.heard, levels) : { guess: lyrics, fits: true }
  const groups = timingRules.groups(guess, Number.POSITIVE_INFINITY)
  const aligned = []
  for (const [index, group] of groups.entries()) {
    const task = { kind: 'align' as const, language: listen?.language ?? language, words: [...group.words] }
    aligned.push({ group, result: await run(task, soundOf(voice, group.range)) })
    onProgress(listen ? (1 + (index + 1) / groups.length) / 2 : (index + 1) / groups.length)
  }
  return { lyrics: timingRules.join(guess, aligned), fits }
}

type Hearing = { heard: HeardWord[]; language: string | null }

async function hear({
  levels,
  language: chosen,
  voice,
  run,
  onProgress,
}: {
  levels: ReturnType<typeof timingRules.newVoice>
  language: string | null
  voice: Float32Array
  run: RunTask
  onProgress(share: number): void
}): Promise<Hearing> {
  const windows = timingRules.windows(levels, true)
  const heard: HeardWord[] = []
  let language = chosen
  for (const [index, range] of windows.entries()) {
    const result = await run({ kind: 'transcribe', language }, soundOf(voice, range))
    if (result.words.length > 0) language ??= result.language
    for (const word of result.words) {
      heard.push({ ...word, startMs: word.startMs + range.startMs, endMs: word.endMs + range.startMs })
    }
    onProgress((index + 1) / windows.length)
  }
  return { heard, language }
}

function soundOf(voice: Float32Array, { startMs, endMs }: TimeRange): Float32Array {
  const [from, to] = [startMs, endMs].map((ms) => Math.round((ms * TASK_SAMPLE_RATE) / 1_000))
  return voice.subarray(from, to)
}
