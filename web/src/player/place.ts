import type { Loop } from './mixer.ts'

/** A place in what is played: a sample of the song, and how often a loop has been repeated before it. */
export type Place = { position: number; passes: number }

/** The place that is reached `samples` later. A loop is left only by a seek. @param loop the one in force at `place` */
export function placeAfter({ position, passes }: Place, samples: number, loop: Loop | null): Place {
  const reached = position + samples
  if (!loop || position >= loop.end || reached < loop.end) return { position: reached, passes }
  const beyond = reached - loop.end
  const length = loop.end - loop.start
  return { position: loop.start + (beyond % length), passes: passes + 1 + Math.floor(beyond / length) }
}
