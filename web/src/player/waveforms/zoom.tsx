import { formatDuration } from '../../format-duration.ts'
import type { Song } from '../../server/songs.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { isZoomed, middleOf, scrollTo, viewOf, zoom } from './view.ts'

/** Zooms and scrolls the waveforms of a song. The wheel does the same: with Ctrl it zooms, with Shift it scrolls. */
export function Zoom({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { start, end } = viewOf(song)
  const words = `${formatDuration(start / SAMPLE_RATE)} to ${formatDuration(end / SAMPLE_RATE)}`
  return (
    <fieldset class="zoom" aria-label={`What is shown of ${title}`}>
      <button
        type="button"
        class="quiet"
        aria-label={`Zoom in on ${title}`}
        title="Zoom in (+)"
        onClick={() => zoom(song, 2, middleOf(player, song))}
      >
        +
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Zoom out of ${title}`}
        title="Zoom out (−)"
        disabled={!isZoomed(song)}
        onClick={() => zoom(song, 0.5, middleOf(player, song))}
      >
        −
      </button>
      {isZoomed(song) ? (
        <>
          <input
            type="range"
            min={0}
            max={(lengthOf(song) - (end - start)) / SAMPLE_RATE}
            step={Math.min(0.1, (end - start) / SAMPLE_RATE / 10)}
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
