import type { LyricsTask, LyricsTaskResult } from '../song/lyrics-task.ts'

/** Hears words in a voice, or places given ones. */
export type Speech = {
  /**
   * Calls may overlap; they are done one after the other.
   * @param voice 16-bit mono at TASK_SAMPLE_RATE, at most MAX_TASK_SECONDS long
   * @param signal cancels the call between two networks
   */
  run(task: LyricsTask, voice: Int16Array, signal?: AbortSignal): Promise<LyricsTaskResult>
}
