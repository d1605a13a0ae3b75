import { CHANNELS, FULL_SCALE } from '../song/pcm.ts'
import { peaksPerBlock } from '../song/peaks-per-block.ts'
import type { Grid } from '../song/segment.ts'
import type { Song } from '../store/queries/songs.ts'
import { readExisting } from '../store/song-files/file-ranges.ts'
import { type Folders, peaksPath } from '../store/song-files/paths.ts'

type Stride = Pick<Grid, 'strideSamples'>

/**
 * Computes the waveform of one block. The stride is divided into equal parts. Each peak is the highest absolute sample of a
 * part, scaled to 255 at full scale and rounded up, so only silence is 0.
 * @param block 16-bit stereo, interleaved; a song's last block may be shorter
 */
export function peaksOf(block: Int16Array, grid: Stride): Buffer {
  const count = peaksPerBlock(grid)
  const peaks = Buffer.alloc(count)
  for (let peak = 0; peak < count; peak++) {
    const from = Math.round((peak * grid.strideSamples) / count) * CHANNELS
    const to = Math.round(((peak + 1) * grid.strideSamples) / count) * CHANNELS
    peaks[peak] = Math.ceil((255 * highest(block, from, Math.min(to, block.length))) / FULL_SCALE)
  }
  return peaks
}

// The loop over samples is a function of its own, so that V8 compiles it without captured variables.
function highest(samples: Int16Array, from: number, to: number): number {
  let found = 0
  for (let i = from; i < to; i++) {
    const value = samples[i] ?? 0
    const size = value < 0 ? -value : value
    if (size > found) found = size
  }
  return found
}

/**
 * Reads the peaks of every track in `bins` bins over samples [start, end) of the song. Parts that are not separated yet are
 * 0.
 */
export async function readPeaks({
  folders,
  song,
  start,
  end,
  bins,
}: {
  folders: Folders
  song: Song
  start: number
  end: number
  bins: number
}): Promise<Map<number, number[]>> {
  const perSample = peaksPerBlock(song.plan.grid) / song.plan.grid.strideSamples
  const found = new Map<number, number[]>()
  for (const { id } of song.tracks) {
    const peaks = (await readExisting(peaksPath(folders, { songId: song.id, trackId: id }))) ?? Buffer.alloc(0)
    found.set(id, binPeaks(peaks, { from: start * perSample, to: end * perSample, bins }))
  }
  return found
}

/** Reduces peaks to bins: each bin is the highest of its peaks. `from` and `to` are positions in `peaks` and may be fractions. */
export function binPeaks(peaks: Uint8Array, { from, to, bins }: { from: number; to: number; bins: number }): number[] {
  const place = (bin: number) => Math.floor(from + (bin * (to - from)) / bins)
  return Array.from({ length: bins }, (_, bin) => {
    const first = place(bin)
    return peaks
      .subarray(first, Math.max(first + 1, place(bin + 1)))
      .reduce((highest, peak) => Math.max(highest, peak), 0)
  })
}
