import { TASK_SAMPLE_RATE } from '../song/lyrics-task.ts'
import type { LyricsAssignment, SeparationAssignment } from '../song/messages.ts'
import { BYTES_PER_SAMPLE, bytesOf, SAMPLE_RATE } from '../song/pcm.ts'
import type { Separator } from './separator.ts'
import type { Speech } from './speech.ts'

/** The work of one job, with its model loaded. */
export type JobWork = {
  /** How much sound of the song it is about. */
  soundSeconds: number
  /**
   * @param input 16-bit PCM as the assignment says
   * @param signal cancels it between two networks
   * @returns the parts of the result's bytes
   */
  perform(input: Int16Array, signal: AbortSignal): Promise<readonly Buffer[]>
}

/** The result: the partial sums of all computed stems. */
export function separationWork(
  separator: Separator,
  { segment: index, level: statistics }: SeparationAssignment,
): JobWork {
  return {
    soundSeconds: separator.grid.strideSamples / SAMPLE_RATE,
    async perform(input, signal) {
      return (await separator.separate({ input, index, statistics }, signal)).map(bytesOf)
    },
  }
}

/** The result: a `LyricsTaskResult` as JSON. */
export function lyricsWork(speech: Speech, { task, inputBytes }: LyricsAssignment): JobWork {
  return {
    soundSeconds: inputBytes / BYTES_PER_SAMPLE / TASK_SAMPLE_RATE,
    async perform(input, signal) {
      return [Buffer.from(JSON.stringify(await speech.run(task, input, signal)))]
    },
  }
}
