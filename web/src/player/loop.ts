import { type Loop, SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { lengthOf } from './song-length.ts'

/** Playing a loop starts this long before it. */
export const RUN_UP_SECONDS = 2

/** Sets one end of the open song's loop, or both. The other end is that of the song until it is set. Null removes the loop. */
export function setLoop(player: Player, ends: Partial<Loop> | null): void {
  const song = player.song.value
  if (!song) return
  const loop = ends && { start: 0, end: lengthOf(song), ...player.loop.value, ...ends }
  player.setLoop(loop && loop.end > loop.start ? loop : null)
}

/** Sets the loop of any song: opens the song at the loop first. */
export async function setLoopOf(player: Player, musicId: number, ends: Loop): Promise<void> {
  if (player.isOpen(musicId) || (await player.seek(musicId, ends.start))) setLoop(player, ends)
}

/** Plays the open song's loop. It starts RUN_UP_SECONDS before the loop, so that the user can get ready. */
export async function playLoop(player: Player, musicId: number): Promise<void> {
  if (!player.isOpen(musicId) || !player.loop.value) return
  const start = player.loop.value.start - RUN_UP_SECONDS * SAMPLE_RATE
  if (await player.seek(musicId, start)) await player.play(musicId)
}
