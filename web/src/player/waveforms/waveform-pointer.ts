import { useRef } from 'preact/hooks'
import { showFailure } from '../../notice.ts'
import type { Song } from '../../server/songs.ts'
import { setLoopOf } from '../loop.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { isZoomed, scrollTo, viewOf, zoom } from './view.ts'

/** The distance, in pixels of the wheel, that halves the view. */
const HALVING_PIXELS = 300
/** A press within this distance of an end of the loop drags that end. A drag over less than this distance counts as a press. */
const HANDLE_PIXELS = 8

type On<T> = T & { currentTarget: HTMLElement }

/** The handlers of a waveform: a press moves the playhead, a drag makes a loop or moves one of its ends, the wheel zooms or scrolls. */
export function useWaveformPointer(player: Player, song: Song) {
  const { music_id } = song.music
  /** The other end of the loop, if the press becomes a drag; null without a press. */
  const fixed = useRef<number | null>(null)
  return {
    onPointerDown(event: On<PointerEvent>): void {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      const { sample, reach } = sampleAt(event, song)
      const { start, end } = (player.isOpen(music_id) && player.loop.value) || { start: Number.NaN, end: Number.NaN }
      // A press on one end of the loop drags it: the other end stays.
      fixed.current = Math.abs(sample - start) < reach ? end : Math.abs(sample - end) < reach ? start : sample
    },
    onPointerMove(event: On<PointerEvent>): void {
      if (fixed.current === null) return
      const { sample, reach } = sampleAt(event, song)
      const loop = { start: Math.min(sample, fixed.current), end: Math.max(sample, fixed.current) }
      if (loop.end - loop.start > reach) showFailure(setLoopOf(player, music_id, loop))
    },
    onPointerUp(event: On<PointerEvent>): void {
      const pressed = fixed.current
      fixed.current = null
      const { sample, reach } = sampleAt(event, song)
      if (pressed !== null && Math.abs(sample - pressed) <= reach) showFailure(player.seek(music_id, sample))
    },
    onWheel(event: On<WheelEvent>): void {
      const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX
      const { start, end } = viewOf(song)
      if (event.ctrlKey) zoom(song, 2 ** (-event.deltaY / HALVING_PIXELS), sampleAt(event, song).sample)
      else if (sideways !== 0 && isZoomed(song))
        scrollTo(song, start + ((end - start) * sideways) / event.currentTarget.clientWidth)
      else return
      event.preventDefault()
    },
  }
}

/** @returns the sample under the pointer, and how many samples count as near to it */
function sampleAt(event: On<MouseEvent>, song: Song): { sample: number; reach: number } {
  const { left, width } = event.currentTarget.getBoundingClientRect()
  const { start, end } = viewOf(song)
  const samplesPerPixel = (end - start) / width
  const sample = Math.round(start + (event.clientX - left) * samplesPerPixel)
  return { sample: Math.max(0, Math.min(lengthOf(song), sample)), reach: HANDLE_PIXELS * samplesPerPixel }
}
