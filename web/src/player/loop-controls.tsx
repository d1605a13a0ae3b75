import { formatDuration } from '../format-duration.ts'
import { showFailure } from '../notice.ts'
import { playLoop, RUN_UP_SECONDS, setLoop } from './loop.ts'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'

/** The loop of the open song. */
export function LoopControls({ player, musicId, title }: { player: Player; musicId: number; title: string }) {
  const loop = player.loop.value
  return (
    <fieldset class="loop" aria-label={`Loop in ${title}`}>
      <button
        type="button"
        title="Loop from here ([ or A)"
        onClick={() => setLoop(player, { start: player.position.value })}
      >
        from here
      </button>
      <button
        type="button"
        title="Loop to here (] or B)"
        onClick={() => setLoop(player, { end: player.position.value })}
      >
        to here
      </button>
      {loop ? (
        <button
          type="button"
          title={`Play the loop, with a run-up of ${RUN_UP_SECONDS} seconds (\\ or R)`}
          onClick={() => showFailure(playLoop(player, musicId))}
        >
          once more
        </button>
      ) : null}
      {loop ? (
        <button type="button" aria-pressed="true" onClick={() => setLoop(player, null)}>
          {formatDuration(loop.start / SAMPLE_RATE)}–{formatDuration(loop.end / SAMPLE_RATE)} ×
        </button>
      ) : null}
    </fieldset>
  )
}
