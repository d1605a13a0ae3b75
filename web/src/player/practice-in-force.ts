import type { Practice } from '../../../src/song/practice-settings.ts'
import type { Player } from './player.ts'

/** Key and tempo in which a song is heard: the loop trainer may have raised the tempo. Subscribes to them. */
export function practiceInForce(player: Player, musicId: number): Practice {
  return player.isOpen(musicId) ? player.practice.value : player.settings.of(musicId).value
}
