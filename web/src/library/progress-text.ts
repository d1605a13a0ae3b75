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
 * The progress of a song, as "25 % · is being separated". Redelivered segments are called "begun again", not lost: a worker
 * may also have given one back.
 */
export function progressText({ progress, state, chunks }: Progress, { arrival }: Pick<Music, 'arrival'>): string {
  const begunAgain = chunks.redelivered > 0 ? ` · ${chunks.redelivered} begun again` : ''
  return `${progress} % · ${arrival === null ? STATES[state] : 'is being uploaded'}${begunAgain}`
}
