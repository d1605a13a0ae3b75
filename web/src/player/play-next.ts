import { effect, signal } from '@preact/signals'
import { act } from '../act.ts'
import { songs } from '../state.ts'
import { play, playing } from './player.ts'

/** The song to play as soon as its first segments are known. */
const nextToPlay = signal<number | null>(null)

/** Plays a song that was just added as soon as it can, unless another one plays by then. */
export function playNext(musicId: number): void {
  nextToPlay.value = musicId
}

effect(() => {
  const id = nextToPlay.value
  if (id === null) return
  const isTaken = playing.value !== null
  if (!isTaken && !songs.value.get(id)?.segments.length) return
  nextToPlay.value = null
  if (!isTaken) act(play(id))
})
