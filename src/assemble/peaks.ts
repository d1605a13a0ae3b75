import { CHANNELS } from '../audio/pcm.ts'
import type { Grid } from '../song/segment.ts'
import { peaksPerBlock } from '../song/song-size.ts'
import { readExisting } from '../store/file-ranges.ts'
import { type Folders, peaksPath } from '../store/paths.ts'
import type { Song } from '../store/songs.ts'

const LOUDEST = 32_768

type Stride = Pick<Grid, 'strideSamples'>

/**
 * The waveform of one block to be drawn: for each of the equal parts of the grid's stride its highest absolute sample,
 * 255 being full scale, rounded up, so that only silence is 0.
 * @param block 16-bit stereo, interleaved; the last one of a song may be shorter
 */
export function peaksOf(block: Int16Array, grid: Stride): Buffer {
  const count = peaksPerBlock(grid)
  const peaks = Buffer.alloc(count)
  for (let peak = 0; peak < count; peak++) {
    const from = Math.round((peak * grid.strideSamples) / count) * CHANNELS
    const to = Math.round(((peak + 1) * grid.strideSamples) / count) * CHANNELS
    peaks[peak] = Math.ceil((255 * highest(block, from, Math.min(to, block.length))) / LOUDEST)
  }
  return peaks
}

// A loop over samples is a function of its own: it is compiled once, with nothing to look up outside.
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
 * The peaks of every track, `bins` over samples [start, end) of the song; 0 where it is not separated yet.
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

/** The highest of those that fall into each bin between two places, which may lie between two peaks. */
export function binPeaks(peaks: Uint8Array, { from, to, bins }: { from: number; to: number; bins: number }): number[] {
  const place = (bin: number) => Math.floor(from + (bin * (to - from)) / bins)
  return Array.from({ length: bins }, (_, bin) => {
    const first = place(bin)
    return peaks
      .subarray(first, Math.max(first + 1, place(bin + 1)))
      .reduce((highest, peak) => Math.max(highest, peak), 0)
  })
}
