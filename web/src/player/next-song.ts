import { effect, signal } from '@preact/signals'
import { showFailure } from '../notice.ts'
import { songs } from '../server/songs.ts'
import type { Player } from './player.ts'

/** Plays a song that was just added as soon as its first segments are known, unless another one is open by then. */
export class NextSong {
  readonly #musicId = signal<number | null>(null)
  readonly #player: Player

  /** @param onPlay is called with a song that begins to play */
  constructor(player: Player, onPlay: (musicId: number) => void) {
    this.#player = player
    effect(() => {
      const musicId = this.#musicId.value
      if (musicId === null) return
      const isOtherOpen = player.musicId.value !== null
      if (!isOtherOpen && !songs.value.get(musicId)?.segments.length) return
      this.#musicId.value = null
      if (isOtherOpen) return
      showFailure(player.play(musicId))
      onPlay(musicId)
    })
  }

  /** Opens the browser's audio while the server receives a song, so that its first sound does not wait for that. */
  prepare(): void {
    if (this.#player.musicId.peek() === null) this.#player.openAudio()
  }

  play(musicId: number): void {
    this.#musicId.value = musicId
  }
}
