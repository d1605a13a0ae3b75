import type { Player } from './player.ts'

/** The level of one lane's sound: the only part of a lane that is drawn 20 times a second. */
export function Meter({ player, musicId, lane }: { player: Player; musicId: number; lane: number }) {
  const level = player.isOpen(musicId) ? (player.levels.value[lane] ?? 0) : 0
  return (
    <div class="level" aria-hidden="true">
      <div style={{ transform: `scaleX(${levelWidth(level)})` }} />
    </div>
  )
}

/** The range from -60 dBFS to full scale, as 0 to 1. */
function levelWidth(level: number): number {
  return level > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(level)) / 60)) : 0
}
