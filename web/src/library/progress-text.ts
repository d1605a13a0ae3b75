import type { Music, Progress } from '../server/api.ts'

const STATES: Record<Progress['state'], string> = {
  added: 'not separated yet',
  'waiting-for-workers': 'waits for workers',
  separating: 'is being separated',
  mixing: 'is being mixed',
  ready: 'ready',
  failed: 'failed',
}

/**
 * The progress of a song, as "25 % · is being separated", or "waits · begins in about 40 s". Redelivered segments are called
 * "begun again", not lost: a worker may also have given one back.
 */
export function progressText(
  { progress, state, chunks, begins_in }: Progress,
  { arrival }: Pick<Music, 'arrival'>,
): string {
  if (begins_in !== null && arrival === null) return `waits · begins in about ${wordsFor(begins_in)}`
  const begunAgain = chunks.redelivered > 0 ? ` · ${chunks.redelivered} begun again` : ''
  return `${progress} % · ${arrival === null ? STATES[state] : 'is being uploaded'}${begunAgain}`
}

/** The server has already rounded the seconds. */
function wordsFor(seconds: number): string {
  if (seconds < 100) return `${seconds} s`
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 1_800) / 2} h`
}
