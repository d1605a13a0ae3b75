import type { Music, Progress } from '../server/api.ts'

/** What the list says of a song; nothing of one that is separated, or that nobody has asked for. */
export type SongState =
  | { kind: 'quiet' }
  | { kind: 'under-way'; words: string; percent: number }
  | { kind: 'waits'; words: string }
  | { kind: 'failed'; words: string }

/** `begins_in` is in seconds. */
type Known = Pick<Progress, 'state' | 'progress'> & { begins_in?: number | null }

const QUIET: SongState = { kind: 'quiet' }

export function songState(known: Known | null, { arrival }: Pick<Music, 'arrival'>): SongState {
  if (known === null) return QUIET
  const { state, progress, begins_in } = known
  switch (state) {
    case 'ready':
    case 'added':
      return arrival === null ? QUIET : { kind: 'waits', words: 'uploading' }
    case 'failed':
      return { kind: 'failed', words: 'failed' }
    case 'waiting-for-workers':
      return { kind: 'waits', words: 'waits for a machine' }
    case 'separating':
    case 'mixing':
      if (progress > 0) return { kind: 'under-way', words: `${progress} %`, percent: progress }
      return { kind: 'waits', words: beginsIn(begins_in ?? null) }
  }
}

function beginsIn(seconds: number | null): string {
  return seconds === null ? 'waits' : `waits · begins ${seconds < 5 ? 'now' : `in about ${rounded(seconds)}`}`
}

function rounded(seconds: number): string {
  return seconds < 57 ? `${Math.max(5, 5 * Math.round(seconds / 5))} s` : `${Math.round(seconds / 60)} min`
}
