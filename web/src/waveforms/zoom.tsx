import { lengthOf } from '../player/player.ts'
import { SAMPLE_RATE } from '../player/sound.ts'
import type { Song } from '../state.ts'
import { clock } from '../words.ts'
import { isZoomed, scrollTo, viewOf, zoom } from './view.ts'

/** Shows less or more of a song in its waveforms, and moves along it. With the wheel: Ctrl zooms, Shift moves. */
export function Zoom({ song, title }: { song: Song; title: string }) {
  const { start, end } = viewOf(song)
  const words = `${clock(start / SAMPLE_RATE)} to ${clock(end / SAMPLE_RATE)}`
  return (
    <fieldset class="zoom" aria-label={`What is shown of ${title}`}>
      <button
        type="button"
        class="quiet"
        aria-label={`Zoom in on ${title}`}
        title="Zoom in (+)"
        onClick={() => zoom(song, 2)}
      >
        +
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Zoom out of ${title}`}
        title="Zoom out (−)"
        disabled={!isZoomed(song)}
        onClick={() => zoom(song, 0.5)}
      >
        −
      </button>
      {isZoomed(song) ? (
        <>
          <input
            type="range"
            min={0}
            max={(lengthOf(song) - (end - start)) / SAMPLE_RATE}
            step={0.1}
            value={start / SAMPLE_RATE}
            aria-label={`Shown from, in ${title}`}
            aria-valuetext={words}
            onInput={(event) => scrollTo(song, event.currentTarget.valueAsNumber * SAMPLE_RATE)}
          />
          <span class="time">{words}</span>
        </>
      ) : null}
    </fieldset>
  )
}
