import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../../design/icon.tsx'
import { formatDuration } from '../../format-duration.ts'
import { showFailure } from '../../notice.ts'
import type { Song } from '../../server/songs.ts'
import { moveMarker, removeMarker, renameMarker } from '../markers.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { viewOf } from './view.ts'

type Marker = { seconds: number; name: string }
type At = { player: Player; song: Song; marker: Marker; index: number }

/** A shorter drag counts as a press. */
const DRAG_PIXELS = 4

/** The markers of a song as flags above the ruler. */
export function MarkerFlags({ player, song }: { player: Player; song: Song }) {
  const { markers } = player.settings.of(song.music.music_id).value
  return (
    <ul class="marker-flags" aria-label="Markers">
      {markers.map((marker, index) => (
        <Flag key={index} player={player} song={song} marker={marker} index={index} />
      ))}
    </ul>
  )
}

/** A press seeks and opens the marker's name; a drag moves it; Delete removes it. */
function Flag({ player, song, marker, index }: At) {
  const { music_id } = song.music
  const item = useRef<HTMLLIElement>(null)
  const popover = useRef<HTMLFormElement>(null)
  const drag = useRef({ from: Number.NaN, isMoved: false })
  useEffect(
    () =>
      effect(() => {
        const { start, end } = viewOf(song)
        const share = (marker.seconds * SAMPLE_RATE - start) / (end - start)
        if (!item.current) return
        item.current.style.transform = `translateX(${100 * share}%)`
        item.current.hidden = share < 0 || share > 1
      }),
    [song, marker.seconds],
  )
  const secondsAt = (x: number) => {
    const { left, width } = (item.current?.parentElement ?? document.body).getBoundingClientRect()
    const { start, end } = viewOf(song)
    const sample = start + ((x - left) * (end - start)) / width
    return Math.max(0, Math.min(lengthOf(song), sample)) / SAMPLE_RATE
  }
  return (
    <li ref={item}>
      <button
        type="button"
        class="marker-flag"
        aria-label={`Marker ${marker.name}, ${formatDuration(marker.seconds)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          drag.current = { from: event.clientX, isMoved: false }
        }}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
          drag.current.isMoved ||= Math.abs(event.clientX - drag.current.from) > DRAG_PIXELS
          const { start, end } = viewOf(song)
          const share = (secondsAt(event.clientX) * SAMPLE_RATE - start) / (end - start)
          if (drag.current.isMoved && item.current) item.current.style.transform = `translateX(${100 * share}%)`
        }}
        onPointerUp={(event) => {
          if (drag.current.isMoved) moveMarker(player, music_id, { index, seconds: secondsAt(event.clientX) })
        }}
        onKeyDown={({ key }) => {
          if (key === 'Delete') removeMarker(player, music_id, index)
        }}
        onClick={(event) => {
          if (drag.current.isMoved && event.detail > 0) return
          showFailure(player.seek(music_id, marker.seconds * SAMPLE_RATE))
          openBelow(popover.current, event.currentTarget)
        }}
      >
        <Icon name="flag" />
        <span dir="auto">{marker.name}</span>
      </button>
      <form
        popover="auto"
        class="marker-popover"
        aria-label={`Marker ${marker.name}`}
        ref={popover}
        onSubmit={(event) => {
          event.preventDefault()
          const name = String(new FormData(event.currentTarget).get('marker'))
          popover.current?.hidePopover()
          renameMarker(player, music_id, { index, name })
        }}
      >
        <input name="marker" aria-label="Name of the marker" maxLength={100} defaultValue={marker.name} dir="auto" />
        <button type="submit">Rename</button>
        <button type="button" onClick={() => removeMarker(player, music_id, index)}>
          Remove
        </button>
      </form>
    </li>
  )
}

function openBelow(popover: HTMLElement | null, button: HTMLElement): void {
  if (!popover) return
  popover.showPopover()
  const { left, bottom } = button.getBoundingClientRect()
  popover.style.left = `${Math.max(0, Math.min(left, window.innerWidth - popover.offsetWidth))}px`
  popover.style.top = `${bottom + 4}px`
}
