import { useEffect, useRef } from 'preact/hooks'
import { showFailure } from '../../notice.ts'
import type { Song } from '../../server/songs.ts'
import { setLoopOf } from '../loop.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { drawWaveform } from './draw-waveform.ts'
import type { Peaks } from './peaks.ts'
import { isZoomed, scrollTo, viewOf, zoom } from './view.ts'

/** The wheel zooms to half as much over so many pixels. */
const HALVING_PIXELS = 300
/** A press so near to an end of the loop drags that end. A shorter drag counts as a press. */
const HANDLE_PIXELS = 8

/**
 * One track in the view of the song. A press moves the playhead there; a drag makes a loop or moves one of its ends. For
 * those who do not see it, the slider and the buttons above do the same.
 */
export function Waveform({
  player,
  song,
  peaks,
  trackId,
}: {
  player: Player
  song: Song
  peaks: Peaks
  trackId: number
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { music_id } = song.music
  /** The other end of the loop, if the press becomes a drag; null without a press. */
  const fixed = useRef<number | null>(null)
  const placeOf = (event: MouseEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const { start, end } = viewOf(song)
    const samplesPerPixel = (end - start) / width
    const at = Math.round(start + (event.clientX - left) * samplesPerPixel)
    return { at: Math.max(0, Math.min(lengthOf(song), at)), reach: HANDLE_PIXELS * samplesPerPixel }
  }
  const press = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const { at, reach } = placeOf(event)
    const { start, end } = (player.isOpen(music_id) && player.loop.value) || { start: Number.NaN, end: Number.NaN }
    // A press on one end of the loop drags it: the other end stays.
    fixed.current = Math.abs(at - start) < reach ? end : Math.abs(at - end) < reach ? start : at
  }
  const drag = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (fixed.current === null) return
    const { at, reach } = placeOf(event)
    const loop = { start: Math.min(at, fixed.current), end: Math.max(at, fixed.current) }
    if (loop.end - loop.start > reach) showFailure(setLoopOf(player, music_id, loop))
  }
  const release = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const began = fixed.current
    fixed.current = null
    const { at, reach } = placeOf(event)
    if (began !== null && Math.abs(at - began) <= reach) showFailure(player.seek(music_id, at))
  }
  const wheel = (event: WheelEvent & { currentTarget: HTMLElement }) => {
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX
    const { start, end } = viewOf(song)
    if (event.ctrlKey) zoom(song, 2 ** (-event.deltaY / HALVING_PIXELS), placeOf(event).at)
    else if (sideways !== 0 && isZoomed(song))
      scrollTo(song, start + ((end - start) * sideways) / event.currentTarget.clientWidth)
    else return
    event.preventDefault()
  }
  const { start, end } = viewOf(song)
  useEffect(() => {
    const target = canvas.current
    if (!target) return undefined
    const redraw = () =>
      drawWaveform(target, { peaks: peaks.tracks.get(trackId) ?? [], of: peaks, view: { start, end } })
    const size = new ResizeObserver(redraw)
    size.observe(target)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    return () => {
      size.disconnect()
      scheme.removeEventListener('change', redraw)
    }
  }, [peaks, trackId, start, end])
  return (
    <div
      class="waveform"
      aria-hidden="true"
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={release}
      onWheel={wheel}
    >
      <canvas ref={canvas} />
      <Marks player={player} song={song} />
    </div>
  )
}

/** The loop and the playhead, the only parts that move. */
function Marks({ player, song }: { player: Player; song: Song }) {
  if (!player.isOpen(song.music.music_id)) return null
  const loop = player.loop.value
  const { start, end } = viewOf(song)
  const share = (samples: number) => `${(100 * samples) / (end - start)}%`
  return (
    <>
      {loop ? (
        <i class="looped" style={{ left: share(loop.start - start), width: share(loop.end - loop.start) }} />
      ) : null}
      <i class="playhead" style={{ left: share(player.position.value - start) }} />
    </>
  )
}
