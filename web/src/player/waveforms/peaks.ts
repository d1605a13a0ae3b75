import { useEffect, useRef, useState } from 'preact/hooks'
import { AnswerOrder } from '../../answer-order.ts'
import { getPeaks } from '../../server/api.ts'
import type { Song } from '../../server/songs.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import { type View, viewOf } from './view.ts'

/**
 * The number of peaks in the view. The same number is fetched for an equally long part before and after the view, for
 * scrolling.
 */
const BINS = 1_200
/** While a song is being separated its waveforms grow. They are fetched at most this often. */
const ASK_EVERY_MS = 700

/** The peaks of every track by its id, over a part of the song. */
export type Peaks = View & { tracks: ReadonlyMap<number, readonly number[]> }

const NO_PEAKS: Peaks = { start: 0, end: 1, tracks: new Map() }

/** The waveforms of a song's tracks, updated as more of it is separated and as the view changes. */
export function usePeaks(song: Song): Peaks {
  const { music_id } = song.music
  const [peaks, setPeaks] = useState(NO_PEAKS)
  const separated = song.segments.filter(({ state }) => state === 'final').length
  const { start, end } = viewOf(song)
  const askedAt = useRef(Number.NEGATIVE_INFINITY)
  const answers = useRef(new AnswerOrder())
  useEffect(() => {
    if (separated === 0) return undefined
    const from = Math.max(0, 2 * start - end)
    const to = 2 * end - start
    const ask = () => {
      askedAt.current = performance.now()
      const range = { from: from / SAMPLE_RATE, to: to / SAMPLE_RATE }
      const bins = Math.round((BINS * (to - from)) / (end - start))
      const request = answers.current.begin()
      getPeaks(music_id, { bins, ...range }).then(
        (tracks) => request.accept() && setPeaks({ start: from, end: to, tracks }),
        // The next segment asks again. The player shows faults of the server.
        () => undefined,
      )
    }
    const timer = setTimeout(ask, askedAt.current + ASK_EVERY_MS - performance.now())
    return () => clearTimeout(timer)
  }, [music_id, separated, song.segments.length, start, end])
  return peaks
}
