import type { MediaPool } from '../audio/media/media-pool.ts'
import { decode, decodePart } from '../audio/media.ts'
import { StatisticsMeter } from '../audio/statistics-meter.ts'
import { BYTES_PER_STEREO_SAMPLE, samplesOf } from '../song/pcm.ts'
import type { SongStatistics, Span } from '../song/segment.ts'
import { openForRanges, writeRange } from '../store/song-files/file-ranges.ts'
import { type Folders, originalPath, pcmPath } from '../store/song-files/paths.ts'

/**
 * Decodes a song to disk while workers already separate its beginning. After a restart decoding begins again and writes the
 * same bytes again. Throws a UserError if the song cannot be decoded or is longer than `maxSeconds`.
 * @param onSamples receives the number of samples on disk after each block, and delays the next one until it resolves
 * @returns the song's length, its statistics, and warnings about its file
 */
export async function decodeSong({
  folders,
  songId,
  soundTrack,
  maxSeconds,
  mediaPool,
  onSamples,
  signal,
}: {
  folders: Folders
  songId: number
  soundTrack: number | null
  maxSeconds: number
  mediaPool: MediaPool
  onSamples(samples: number): Promise<void>
  signal: AbortSignal
}): Promise<{ samples: number; statistics: SongStatistics; warnings: string[] }> {
  const decoding = decode({ path: originalPath(folders, songId), soundTrack, maxSeconds, mediaPool, signal })
  const meter = new StatisticsMeter()
  const file = await openForRanges(pcmPath(folders, songId))
  let bytes = 0
  try {
    for await (const block of decoding.pcm) {
      await writeRange(file, bytes, block)
      meter.add(samplesOf(block))
      bytes += block.length
      await onSamples(bytes / BYTES_PER_STEREO_SAMPLE)
    }
    await file.truncate(bytes)
  } finally {
    await file.close()
  }
  return { samples: bytes / BYTES_PER_STEREO_SAMPLE, statistics: meter.statistics(), warnings: await decoding.warnings }
}

/**
 * Decodes part of a song to its place on disk. `decodeSong` writes the same place again later. Throws a UserError if the
 * position of that part cannot be found in the file.
 * @param excerpt in 44,100 Hz samples; cut off at the end of the song
 * @param onSamples receives the end of the decoded part, in samples of the song, after each block, and delays the next one
 *   until it resolves
 */
export async function decodeSongExcerpt({
  folders,
  songId,
  soundTrack,
  excerpt,
  mediaPool,
  onSamples,
  signal,
}: {
  folders: Folders
  songId: number
  soundTrack: number | null
  excerpt: Span
  mediaPool: MediaPool
  onSamples(end: number): Promise<void>
  signal: AbortSignal
}): Promise<void> {
  const file = await openForRanges(pcmPath(folders, songId))
  let end = excerpt.startSample
  try {
    for await (const block of decodePart({
      path: originalPath(folders, songId),
      soundTrack,
      excerpt,
      mediaPool,
      signal,
    })) {
      await writeRange(file, end * BYTES_PER_STEREO_SAMPLE, block)
      end += block.length / BYTES_PER_STEREO_SAMPLE
      await onSamples(end)
    }
  } finally {
    await file.close()
  }
}
