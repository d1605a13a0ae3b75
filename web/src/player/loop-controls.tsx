import { Icon } from '../design/icon.tsx'
import { formatTenths } from '../format-duration.ts'
import { loopInForce, setLoop } from './loop.ts'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'

/** The ends A and B of the open song's loop. */
export function LoopControls({ player, musicId, title }: { player: Player; musicId: number; title: string }) {
  const isOpen = player.isOpen(musicId)
  const loop = loopInForce(player, musicId)
  const timeOf = (samples: number) => formatTenths(samples / SAMPLE_RATE)
  return (
    <fieldset class="loop" aria-label={`Loop in ${title}`} disabled={!isOpen}>
      <button
        type="button"
        title="Loop from here ([ or A)"
        aria-label={loop ? `A ${timeOf(loop.start)}: loop from here` : 'A: loop from here'}
        onClick={() => setLoop(player, { start: player.position.value })}
      >
        A{loop ? ` ${timeOf(loop.start)}` : ''}
      </button>
      <button
        type="button"
        title="Loop to here (] or B)"
        aria-label={loop ? `B ${timeOf(loop.end)}: loop to here` : 'B: loop to here'}
        onClick={() => setLoop(player, { end: player.position.value })}
      >
        B{loop ? ` ${timeOf(loop.end)}` : ''}
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label="Remove the loop"
        disabled={!loop}
        onClick={() => setLoop(player, null)}
      >
        <Icon name="close" />
      </button>
    </fieldset>
  )
}
