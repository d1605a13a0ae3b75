import { z } from 'zod'
import { SAMPLE_RATE } from './pcm.ts'

/** The most sound of one task: the network hears 30 s, and a little silence must be left at its end. */
export const MAX_TASK_SECONDS = 29
/** The sample rate of the sound that the network hears, in one channel. */
export const TASK_SAMPLE_RATE = 16_000

/** The samples of the sound of a task, at TASK_SAMPLE_RATE. @param samples of the song, at 44,100 Hz */
export function taskSamples(samples: number): number {
  return Math.round((samples * TASK_SAMPLE_RATE) / SAMPLE_RATE)
}

const MAX_WORDS = 400
const MAX_WORD_CHARACTERS = 200
const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$/)
  .nullable()
const timeMs = z
  .int()
  .min(0)
  .max(MAX_TASK_SECONDS * 1_000)

/**
 * What a worker does with up to 29 s of a voice stem:
 * - transcribe: hears words, in the given language or in the one that it hears
 * - align: finds when each of the given words is sung
 */
export const LyricsTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('transcribe'), language }),
  z.object({
    kind: z.literal('align'),
    language,
    words: z.array(z.string().min(1).max(MAX_WORD_CHARACTERS)).min(1).max(MAX_WORDS),
  }),
])
export type LyricsTask = z.infer<typeof LyricsTask>

/** The words that were heard, or the given ones in their order. Times are in milliseconds from the beginning of the task's sound. */
export const LyricsTaskResult = z.object({
  language,
  words: z
    .array(
      z.object({
        text: z.string().max(MAX_WORD_CHARACTERS),
        startMs: timeMs,
        endMs: timeMs,
        /** How likely the network finds the word here, from 0 to 1. */
        probability: z.number().min(0).max(1),
      }),
    )
    .max(MAX_WORDS),
})
export type LyricsTaskResult = z.infer<typeof LyricsTaskResult>
