import type { View } from './view.ts'

/*
 * The geometry of a waveform: what is drawn in each column of pixels. It knows no canvas.
 */

/** The peaks of a track over a part of the song, from 0 to 255. */
export type PeakRange = { of: View; peaks: readonly number[] }
/** The samples of a piece of a track, from its first sample `start` on; both channels have the same length. */
export type SampleRange = { start: number; channels: readonly Int16Array[] }
/** The lowest and highest level in each column, from -1 to 1. NaN where nothing is known. */
export type Columns = { low: Float32Array; high: Float32Array }

const FULL_SCALE = 32_768

/** The place of a sample's instant in columns; sample n is drawn at exactly this place. */
export function xOf(sample: number, { start, end }: View, width: number): number {
  return ((sample - start) * width) / (end - start)
}

/** Reads `width` columns of a view: from the samples where they are known, otherwise from the peaks. */
export function columnsOf({
  view,
  width,
  peaks,
  pieces,
}: {
  view: View
  width: number
  peaks: PeakRange
  pieces: readonly SampleRange[]
}): Columns {
  const columns = { low: new Float32Array(width).fill(Number.NaN), high: new Float32Array(width).fill(Number.NaN) }
  fillFromPeaks(columns, { view, peaks })
  for (const piece of pieces) fillFromSamples(columns, { view, piece })
  return columns
}

function fillFromPeaks({ low, high }: Columns, { view, peaks: { of, peaks } }: { view: View; peaks: PeakRange }): void {
  const width = high.length
  const perSample = peaks.length / (of.end - of.start)
  const perColumn = ((view.end - view.start) * perSample) / width
  const first = (view.start - of.start) * perSample
  for (let x = 0; x < width; x++) {
    const level =
      perColumn >= 1 ? highest(peaks, first + x * perColumn, perColumn) : between(peaks, first + (x + 0.5) * perColumn)
    if (level === null) continue
    high[x] = level / 255
    low[x] = -level / 255
  }
}

function highest(peaks: readonly number[], from: number, count: number): number | null {
  const first = Math.max(0, Math.floor(from))
  const end = Math.min(peaks.length, Math.max(first + 1, Math.floor(from + count)))
  if (from + count <= 0 || first >= end) return null
  let found = 0
  for (let i = first; i < end; i++) found = Math.max(found, peaks[i] ?? 0)
  return found
}

/** Where a peak is wider than a column, the level is drawn as a line from the middle of one peak to that of the next: no blocks. */
function between(peaks: readonly number[], place: number): number | null {
  if (place < 0 || place >= peaks.length) return null
  const left = Math.floor(place - 0.5)
  const share = place - 0.5 - left
  const before = peaks[Math.max(0, left)] ?? 0
  const after = peaks[Math.min(peaks.length - 1, left + 1)] ?? 0
  return before + share * (after - before)
}

function fillFromSamples({ low, high }: Columns, { view, piece }: { view: View; piece: SampleRange }): void {
  const width = high.length
  const perColumn = (view.end - view.start) / width
  const length = piece.channels[0]?.length ?? 0
  const firstColumn = Math.max(0, Math.floor((piece.start - view.start) / perColumn))
  const endColumn = Math.min(width, Math.ceil((piece.start + length - view.start) / perColumn))
  for (let x = firstColumn; x < endColumn; x++) {
    const from = Math.max(0, Math.ceil(view.start + x * perColumn) - piece.start)
    const to = Math.min(length, Math.ceil(view.start + (x + 1) * perColumn) - piece.start)
    if (to <= from) continue
    let [least, most] = [FULL_SCALE, -FULL_SCALE]
    for (const channel of piece.channels) {
      for (let i = from; i < to; i++) {
        const value = channel[i] as number
        if (value < least) least = value
        if (value > most) most = value
      }
    }
    low[x] = least / FULL_SCALE
    high[x] = most / FULL_SCALE
  }
}
