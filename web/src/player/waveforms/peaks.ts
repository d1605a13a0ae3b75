import { effect } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { AnswerOrder } from '../../answer-order.ts'
import { getPeaks } from '../../server/api.ts'
import type { Song } from '../../server/songs.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import { separatedParts } from './separated-parts.ts'
import { type View, viewOf } from './view.ts'

/**
 * The number of peaks in the view. The same number is fetched for an equally long part before and after the view, for
 * scrolling.
 */
const BINS = 1_200
/** The server keeps one peak for this many samples; more bins would be drawn as blocks. */
const SAMPLES_PER_PEAK = 1_024
/** Peaks are fetched at most this often, when more is separated or the view changes. Until then the old ones are drawn. */
const ASK_EVERY_MS = 300

/** The peaks of every track by its id, over a part of the song, and what was separated when they were asked for. */
export type Peaks = View & { tracks: ReadonlyMap<number, readonly number[]>; separated: readonly View[] }

const NO_PEAKS: Peaks = { start: 0, end: 1, tracks: new Map(), separated: [] }

/** The waveforms of a song's tracks, updated as more of it is separated and as the view changes. */
export function usePeaks(song: Song): Peaks {
  const { music_id } = song.music
  const [peaks, setPeaks] = useState(NO_PEAKS)
  const separated = separatedParts(song.segments)
  const key = separated.map(({ start, end }) => `${start}-${end}`).join()
  const askedAt = useRef(Number.NEGATIVE_INFINITY)
  const answers = useRef(new AnswerOrder())
  useEffect(() => {
    if (separated.length === 0) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = (view: View) => {
      askedAt.current = performance.now()
      const { start, end, bins } = peakRange(view)
      const request = answers.current.begin()
      getPeaks(music_id, { bins, from: start / SAMPLE_RATE, to: end / SAMPLE_RATE }).then(
        (tracks) => request.accept() && setPeaks({ start, end, tracks, separated }),
        // The next segment asks again. The player shows faults of the server.
        () => undefined,
      )
    }
    const stop = effect(() => {
      const view = viewOf(song)
      clearTimeout(timer)
      timer = setTimeout(() => ask(view), Math.max(0, askedAt.current + ASK_EVERY_MS - performance.now()))
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [music_id, key, song.segments.length])
  return peaks
}

/** What is fetched for a view: from peak to peak, so that no bin holds a part of one. */
export function peakRange({ start, end }: View): View & { bins: number } {
  const first = Math.max(0, Math.floor((2 * start - end) / SAMPLES_PER_PEAK))
  const last = Math.ceil((2 * end - start) / SAMPLES_PER_PEAK)
  const bins = Math.min(last - first, Math.round((BINS * (last - first) * SAMPLES_PER_PEAK) / (end - start)))
  return { start: first * SAMPLES_PER_PEAK, end: last * SAMPLES_PER_PEAK, bins: Math.max(1, Math.min(3 * BINS, bins)) }
}
