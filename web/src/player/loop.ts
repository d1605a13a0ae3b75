import { songs } from '../state.ts'
import type { Loop } from './mixer.ts'
import { keptLoops, lengthOf, loop, play, playing, seek, send } from './player.ts'
import { SAMPLE_RATE } from './sound.ts'

/** Two seconds of what comes before. */
const RUN_UP_SECONDS = 2

/** Sets one end of the loop; the other one is the song's until it is set. */
export function setLoop(musicId: number, ends: Partial<Loop> | null): void {
  const song = songs.value.get(musicId)
  if (!song || playing.value !== musicId) return
  const next = ends && { start: 0, end: lengthOf(song), ...loop.value, ...ends }
  loop.value = next && next.end > next.start ? next : null
  keptLoops.set(musicId, loop.value)
  send({ kind: 'loop', loop: loop.value })
}

/** The same for any song: one that is not played becomes the one that is, and begins with the loop. */
export async function loopIn(musicId: number, ends: Loop): Promise<void> {
  if (playing.value !== musicId) await seek(musicId, ends.start)
  setLoop(musicId, ends)
}

/** Plays the loop from a little before it, so that hands and breath are ready. */
export async function playLoop(musicId: number): Promise<void> {
  if (playing.value !== musicId || !loop.value) return
  await seek(musicId, loop.value.start - RUN_UP_SECONDS * SAMPLE_RATE)
  await play(musicId)
}
