import type { Music, Progress } from '../../src/listen/schemas.ts'

const STATES: Record<Progress['state'], string> = {
  added: 'not separated yet',
  'waiting-for-workers': 'waits for workers',
  separating: 'is being separated',
  mixing: 'is being mixed',
  ready: 'ready',
  failed: 'failed',
}

/** How far a song is. A segment is begun again after its worker was lost, and also after one gave it back for a nearer one. */
export function standingInWords({ progress, state, chunks }: Progress, { arrival }: Pick<Music, 'arrival'>): string {
  const begunAgain = chunks.redelivered > 0 ? ` · ${chunks.redelivered} begun again` : ''
  return `${progress} % · ${arrival === null ? STATES[state] : 'is being uploaded'}${begunAgain}`
}
