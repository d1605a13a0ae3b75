import { useEffect, useRef } from 'preact/hooks'
import { act } from '../act.ts'
import { loopIn } from '../player/loop.ts'
import { isCurrent, lengthOf, loop, position, seek } from '../player/player.ts'
import type { Song } from '../state.ts'
import type { Peaks } from './peaks.ts'
import { isZoomed, scrollTo, type View, viewOf, zoom } from './view.ts'

/** Of a wheel: so many pixels show half as much. */
const HALVING_PIXELS = 300
/** So near counts as on it; a pull that is shorter is a press. */
const HANDLE_PIXELS = 8

/**
 * One track over what is shown of the song: a press goes there, a pull makes a loop or moves one of its ends. The slider and the
 * buttons above say and do the same for those who see nothing.
 */
export function Waveform({ song, peaks, trackId }: { song: Song; peaks: Peaks; trackId: number }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { music } = song
  /** Where a press began: what the loop's other end is when it becomes a pull. */
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
    const { start, end } = (isCurrent(music) && loop.value) || { start: Number.NaN, end: Number.NaN }
    // A press on one end of the loop takes hold of it: the other one stays.
    fixed.current = Math.abs(at - start) < reach ? end : Math.abs(at - end) < reach ? start : at
  }
  const pull = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (fixed.current === null) return
    const { at, reach } = placeOf(event)
    const loop = { start: Math.min(at, fixed.current), end: Math.max(at, fixed.current) }
    if (loop.end - loop.start > reach) act(loopIn(music.music_id, loop))
  }
  const release = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const began = fixed.current
    fixed.current = null
    const { at, reach } = placeOf(event)
    if (began !== null && Math.abs(at - began) <= reach) act(seek(music.music_id, at))
  }
  const turn = (event: WheelEvent & { currentTarget: HTMLElement }) => {
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
    const redraw = () => draw(target, { peaks: peaks.tracks.get(trackId) ?? [], of: peaks, view: { start, end } })
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
      onPointerMove={pull}
      onPointerUp={release}
      onWheel={turn}
    >
      <canvas ref={canvas} />
      <Marks song={song} />
    </div>
  )
}

/** The loop and the place, the only parts that move. */
function Marks({ song }: { song: Song }) {
  if (!isCurrent(song.music)) return null
  const { start, end } = viewOf(song)
  const share = (samples: number) => `${(100 * samples) / (end - start)}%`
  return (
    <>
      {loop.value ? (
        <i
          class="looped"
          style={{ left: share(loop.value.start - start), width: share(loop.value.end - loop.value.start) }}
        />
      ) : null}
      <i class="playhead" style={{ left: share(position.value - start) }} />
    </>
  )
}

/** At the device's own resolution, mirrored about the middle; loudness as it is, not in decibels, as musicians know it. */
function draw(
  canvas: HTMLCanvasElement,
  { peaks, of, view }: { peaks: readonly number[]; of: View; view: View },
): void {
  const { clientWidth, clientHeight } = canvas
  const ratio = window.devicePixelRatio
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)]
  canvas.width = width
  canvas.height = height
  const brush = canvas.getContext('2d')
  if (!brush) return
  brush.fillStyle = getComputedStyle(canvas).color
  const peakAt = (x: number) => {
    const sample = view.start + (x * (view.end - view.start)) / width
    return Math.floor(((sample - of.start) * peaks.length) / (of.end - of.start))
  }
  for (let x = 0; x < width; x++) {
    const from = Math.max(0, peakAt(x))
    const to = Math.max(from + 1, peakAt(x + 1))
    const high = (Math.max(0, ...peaks.slice(from, to)) / 255) * height
    if (high > 0) brush.fillRect(x, (height - Math.max(1, high)) / 2, 1, Math.max(1, high))
  }
}
