import type { Segment } from '../../server/api.ts'
import type { View } from './view.ts'

/** The parts of a song that are separated, in order; neighbours are one part. */
export function separatedParts(segments: readonly Segment[]): View[] {
  const parts: View[] = []
  for (const { state, startSample, samples } of segments) {
    if (state !== 'final') continue
    const last = parts.at(-1)
    if (last?.end === startSample) last.end += samples
    else parts.push({ start: startSample, end: startSample + samples })
  }
  return parts
}

/** What of a view is in none of the parts. */
export function gapsOf(parts: readonly View[], view: View): View[] {
  const gaps: View[] = []
  let { start } = view
  for (const part of parts) {
    if (part.end <= start) continue
    if (part.start >= view.end) break
    if (part.start > start) gaps.push({ start, end: part.start })
    start = part.end
  }
  if (start < view.end) gaps.push({ start, end: view.end })
  return gaps
}

/** Names the final blocks and their versions, as text. As long as it is equal, every waveform is. */
export function namesOfFinals(segments: readonly Segment[]): string {
  return segments.flatMap(({ state, index, version }) => (state === 'final' ? [`${index}.${version}`] : [])).join()
}
