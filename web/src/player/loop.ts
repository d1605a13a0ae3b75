import { recordLoop } from './mix-history.ts'
import { type Loop, MIN_LOOP_SAMPLES, SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { lengthOf } from './song-length.ts'
import { loopOf } from './song-practice.ts'

/** Playing a loop starts this long before it. */
export const RUN_UP_SECONDS = 2

/**
 * Sets one end of the open song's loop, or both. The other end is that of the song until it is set, or if it lies on the wrong
 * side. A loop is never shorter than MIN_LOOP_SAMPLES. Null removes the loop.
 */
export function setLoop(player: Player, ends: Partial<Loop> | null): void {
  const song = player.song.value
  if (!song) return
  const before = player.loop.value
  const after = ends && loopWith(ends, before, lengthOf(song))
  recordLoop(player, { musicId: song.music.music_id, before, after })
  player.practising.setLoop(song.music.music_id, after)
}

/** The loop of a song, whether it is open or not. Subscribes to it. */
export function loopInForce(player: Player, musicId: number): Loop | null {
  return player.isOpen(musicId) ? player.loop.value : loopOf(player.settings.of(musicId).value)
}

/** The loop with one or both ends changed, in a song of `length` samples. */
export function loopWith(ends: Partial<Loop>, before: Loop | null, length: number): Loop | null {
  const loop = { start: 0, end: length, ...before, ...ends }
  if (loop.end <= loop.start && ends.end === undefined) loop.end = length
  if (loop.end <= loop.start && ends.start === undefined) loop.start = 0
  const start = Math.round(Math.max(0, Math.min(loop.start, length - MIN_LOOP_SAMPLES)))
  const end = Math.round(Math.min(length, Math.max(loop.end, start + MIN_LOOP_SAMPLES)))
  return loop.end > loop.start && end - start >= MIN_LOOP_SAMPLES ? { start, end } : null
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
