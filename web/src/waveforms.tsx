import { useEffect, useRef, useState } from 'preact/hooks'
import { act } from './act.ts'
import { getPeaks } from './api.ts'
import { isCurrent, lengthOf, loop, position, seek, setLoop } from './player/player.ts'
import type { Song } from './state.ts'

const BINS = 1_000
/** While a song is being separated its waveforms grow; so often at most. */
const ASK_EVERY_MS = 700

/** So near counts as on it; a pull that is shorter is a press. */
const HANDLE_PIXELS = 8

export type TrackPeaks = ReadonlyMap<number, readonly number[]>

/** The waveforms of a song's tracks, kept in step with what is separated of it. */
export function usePeaks({ music, segments }: Song): TrackPeaks {
  const { music_id } = music
  const [peaks, setPeaks] = useState<TrackPeaks>(new Map())
  const separated = segments.filter(({ state }) => state === 'final').length
  const askedAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (separated === 0) return undefined
    const ask = () => {
      askedAt.current = performance.now()
      // What is not drawn now is drawn with the next segment; the player says what is wrong with the server.
      getPeaks(music_id, BINS).then(setPeaks, () => undefined)
    }
    const timer = setTimeout(ask, askedAt.current + ASK_EVERY_MS - performance.now())
    return () => clearTimeout(timer)
  }, [music_id, separated, segments.length])
  return peaks
}

/**
 * One track over the whole song: a press goes there, a pull makes a loop or moves one of its ends. The slider and the
 * buttons above say and do the same for those who see nothing.
 */
export function Waveform({ song, peaks }: { song: Song; peaks: readonly number[] }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { music } = song
  /** Where a press began: what the loop's other end is when it becomes a pull. */
  const fixed = useRef<number | null>(null)
  const placeOf = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const samplesPerPixel = lengthOf(song) / width
    const at = Math.round((event.clientX - left) * samplesPerPixel)
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
    if (fixed.current === null || !isCurrent(music)) return
    const { at, reach } = placeOf(event)
    const [start, end] = [Math.min(at, fixed.current), Math.max(at, fixed.current)]
    if (end - start > reach) setLoop(music.music_id, { start, end })
  }
  const release = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const began = fixed.current
    fixed.current = null
    const { at, reach } = placeOf(event)
    if (began !== null && Math.abs(at - began) <= reach) act(seek(music.music_id, at).then(() => undefined))
  }
  useEffect(() => {
    const target = canvas.current
    if (!target) return undefined
    const redraw = () => draw(target, peaks)
    const size = new ResizeObserver(redraw)
    size.observe(target)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    return () => {
      size.disconnect()
      scheme.removeEventListener('change', redraw)
    }
  }, [peaks])
  return (
    <div class="waveform" aria-hidden="true" onPointerDown={press} onPointerMove={pull} onPointerUp={release}>
      <canvas ref={canvas} />
      <Marks song={song} />
    </div>
  )
}

/** The loop and the place, the only parts that move. */
function Marks({ song }: { song: Song }) {
  if (!isCurrent(song.music)) return null
  const length = Math.max(1, lengthOf(song))
  const share = (samples: number) => `${(100 * samples) / length}%`
  return (
    <>
      {loop.value ? (
        <i class="looped" style={{ left: share(loop.value.start), width: share(loop.value.end - loop.value.start) }} />
      ) : null}
      <i class="playhead" style={{ left: share(position.value) }} />
    </>
  )
}

/** At the device's own resolution, mirrored about the middle; loudness as it is, not in decibels, as musicians know it. */
function draw(canvas: HTMLCanvasElement, peaks: readonly number[]): void {
  const { clientWidth, clientHeight } = canvas
  const ratio = window.devicePixelRatio
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)]
  canvas.width = width
  canvas.height = height
  const brush = canvas.getContext('2d')
  if (!brush) return
  brush.fillStyle = getComputedStyle(canvas).color
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x * peaks.length) / width)
    const to = Math.max(from + 1, Math.floor(((x + 1) * peaks.length) / width))
    const high = (Math.max(0, ...peaks.slice(from, to)) / 255) * height
    if (high > 0) brush.fillRect(x, (height - Math.max(1, high)) / 2, 1, Math.max(1, high))
  }
}
