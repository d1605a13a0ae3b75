import type { Practice } from '../../../src/song/practice-settings.ts'
import { recordPractice } from './mix-history.ts'
import type { Player } from './player.ts'

/** Changes key and tempo of a song, as a step that can be undone. */
export function setPractice(player: Player, musicId: number, changes: Partial<Practice>): void {
  recordPractice(player, { musicId, changes })
  player.practising.setPractice(musicId, changes)
}
