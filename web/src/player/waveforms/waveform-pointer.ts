import { useMemo, useRef } from 'preact/hooks'
import { showFailure } from '../../notice.ts'
import type { Song } from '../../server/songs.ts'
import { setLoopOf } from '../loop.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { xOf } from './columns.ts'
import { PointerGesture, type Touch } from './pointer-gesture.ts'
import { isZoomed, scrollTo, showPart, viewOf, zoom } from './view.ts'

/** The distance, in pixels of the wheel, that halves the view. */
const HALVING_PIXELS = 300

type On<T> = T & { currentTarget: HTMLElement }

/** The handlers of a waveform. PointerGesture says what presses and drags do; the wheel zooms with Ctrl and scrolls with Shift. */
export function useWaveformPointer(player: Player, song: Song) {
  const now = useRef({ song, width: 1 })
  now.current.song = song
  const gesture = useMemo(() => gestureOf(player, now), [player])
  const touchOf = (event: On<PointerEvent>): Touch => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    now.current.width = width
    return { id: event.pointerId, x: event.clientX - left, isTouch: event.pointerType === 'touch' }
  }
  return {
    onPointerDown(event: On<PointerEvent>): void {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      gesture.down(touchOf(event))
    },
    onPointerMove: (event: On<PointerEvent>) => gesture.move(touchOf(event)),
    onPointerUp: (event: On<PointerEvent>) => gesture.up(touchOf(event)),
    onPointerCancel: (event: On<PointerEvent>) => gesture.cancel(event.pointerId),
    onDblClick(event: On<MouseEvent>): void {
      const loop = player.isOpen(song.music.music_id) ? player.loop.value : null
      const sample = sampleAt(event, song)
      if (loop && sample >= loop.start && sample < loop.end) showPart(song, loop)
    },
    onWheel: (event: On<WheelEvent>) => turnWheel(event, song),
  }
}

/** Zooms with Ctrl, at the pointer; scrolls with Shift or sideways. */
export function turnWheel(event: On<WheelEvent>, song: Song): void {
  const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX
  const { start, end } = viewOf(song)
  if (event.ctrlKey) zoom(song, 2 ** (-event.deltaY / HALVING_PIXELS), sampleAt(event, song))
  else if (sideways !== 0 && isZoomed(song))
    scrollTo(song, start + ((end - start) * sideways) / event.currentTarget.clientWidth)
  else return
  event.preventDefault()
}

/** The sample under the pointer. */
export function sampleAt(event: On<MouseEvent>, song: Song): number {
  const { left, width } = event.currentTarget.getBoundingClientRect()
  return sampleOf(event.clientX - left, { song, width })
}

function sampleOf(x: number, { song, width }: { song: Song; width: number }): number {
  const { start, end } = viewOf(song)
  return Math.max(0, Math.min(lengthOf(song), Math.round(start + (x * (end - start)) / width)))
}

function gestureOf(player: Player, now: { current: { song: Song; width: number } }): PointerGesture {
  const sample = (x: number) => sampleOf(x, now.current)
  const musicId = () => now.current.song.music.music_id
  return new PointerGesture({
    seek: (x) => showFailure(player.seek(musicId(), sample(x))),
    loop: (from, to) => showFailure(setLoopOf(player, musicId(), { start: sample(from), end: sample(to) })),
    scroll(pixels) {
      const { song, width } = now.current
      const { start, end } = viewOf(song)
      scrollTo(song, start + (pixels * (end - start)) / width)
    },
    zoom: (factor, x) => zoom(now.current.song, factor, sample(x)),
    otherEndOf(x, reach) {
      const loop = player.isOpen(musicId()) ? player.loop.value : null
      if (!loop) return null
      const { song, width } = now.current
      const [start, end] = [loop.start, loop.end].map((each) => xOf(each, viewOf(song), width)) as [number, number]
      if (Math.abs(x - start) < reach && Math.abs(x - start) <= Math.abs(x - end)) return end
      return Math.abs(x - end) < reach ? start : null
    },
  })
}
