import { effect } from '@preact/signals'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Segment } from '../../server/api.ts'
import { serverUrl } from '../../server/server-url.ts'
import type { Song } from '../../server/songs.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import type { SampleRange } from './columns.ts'
import { type BlockSource, SampleBlocks } from './sample-blocks.ts'
import { namesOfFinals } from './separated-parts.ts'
import { type View, viewOf } from './view.ts'

/** Up to this length a view is drawn from samples: above it a peak is narrower than a few pixels. */
const MAX_SAMPLED = 6 * SAMPLE_RATE
/** 0.65 MB each: 31 MB, for six stems eight blocks each. */
const BLOCKS_KEPT = 48
/** A view that is still moving loads nothing. */
const SETTLED_MS = 100

/**
 * @property finals names the blocks that are final, as text: other changes of segments change no waveform
 * @property loads grows when more is loaded
 * @property samplesOf reads the view, so a drawing that calls it follows the view
 */
export type Samples = { finals: string; loads: number; samplesOf(trackId: number): readonly SampleRange[] }

/** The samples of each track in the view, as far as they are loaded. None unless the view is short. */
export function useSamples(song: Song): Samples {
  const { music_id, tracks } = song.music
  const blocks = useMemo(() => new SampleBlocks(BLOCKS_KEPT), [])
  const [loads, setLoads] = useState(0)
  const { segments } = song
  const finals = useMemo(() => namesOfFinals(segments), [segments])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = (view: View) => {
      const wanted = segmentsIn(segments, view).flatMap((segment) =>
        tracks.map(({ track_id }) => sourceOf({ musicId: music_id, trackId: track_id, segment })),
      )
      blocks.want(wanted, () => setLoads((count) => count + 1))
    }
    const stop = effect(() => {
      const view = viewOf(song)
      clearTimeout(timer)
      timer = setTimeout(() => load(view), SETTLED_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [music_id, finals])
  const samplesOf = (trackId: number) =>
    segmentsIn(segments, viewOf(song)).flatMap(
      (segment) => blocks.of(sourceOf({ musicId: music_id, trackId, segment })) ?? [],
    )
  return { finals, loads, samplesOf }
}

function segmentsIn(segments: readonly Segment[], { start, end }: View): Segment[] {
  if (end - start > MAX_SAMPLED) return []
  return segments.filter(
    ({ state, startSample, samples }) => state === 'final' && startSample < end && startSample + samples > start,
  )
}

/** The same address as the player's, so that both find it in the browser's cache. */
function sourceOf({ musicId, trackId, segment }: { musicId: number; trackId: number; segment: Segment }): BlockSource {
  const { index, version, startSample } = segment
  return { startSample, url: serverUrl(`music/${musicId}/stems/${trackId}/${index}?v=${version}`).toString() }
}
