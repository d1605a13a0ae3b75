import { useEffect, useRef, useState } from 'preact/hooks'
import { getPeaks } from '../api.ts'
import { SAMPLE_RATE } from '../player/sound.ts'
import type { Song } from '../state.ts'
import { type View, viewOf } from './view.ts'

/** So many peaks for what is in sight, and as many for as much of the song on both sides, where the sight moves to. */
const BINS = 1_200
/** While a song is being separated its waveforms grow; so often at most. */
const ASK_EVERY_MS = 700

/** The peaks of every track by its id, over a part of the song. */
export type Peaks = View & { tracks: ReadonlyMap<number, readonly number[]> }

export const NO_PEAKS: Peaks = { start: 0, end: 1, tracks: new Map() }

/** The waveforms of a song's tracks, kept in step with what is separated of it and with what is in sight. */
export function usePeaks(song: Song): Peaks {
  const { music_id } = song.music
  const [peaks, setPeaks] = useState(NO_PEAKS)
  const separated = song.segments.filter(({ state }) => state === 'final').length
  const { start, end } = viewOf(song)
  const askedAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (separated === 0) return undefined
    const from = Math.max(0, 2 * start - end)
    const to = 2 * end - start
    const ask = () => {
      askedAt.current = performance.now()
      const range = { from: from / SAMPLE_RATE, to: to / SAMPLE_RATE }
      const bins = Math.round((BINS * (to - from)) / (end - start))
      // What is not drawn now is drawn with the next segment; the player says what is wrong with the server.
      getPeaks(music_id, { bins, ...range }).then(
        (tracks) => setPeaks({ start: from, end: to, tracks }),
        () => undefined,
      )
    }
    const timer = setTimeout(ask, askedAt.current + ASK_EVERY_MS - performance.now())
    return () => clearTimeout(timer)
  }, [music_id, separated, song.segments.length, start, end])
  return peaks
}
