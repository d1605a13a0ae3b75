import { LevelMeter } from '../audio/level.ts'
import { decode, decodePart } from '../audio/media.ts'
import { BYTES_PER_STEREO_SAMPLE, samplesOf } from '../audio/pcm.ts'
import type { SongLevel, Span } from '../song/segment.ts'
import { openForRanges, writeRange } from '../store/file-ranges.ts'
import { type Folders, originalPath, pcmPath } from '../store/paths.ts'

/**
 * Decodes a song to disk while others already work on its beginning.
 * A decode that was cut off by a restart begins anew and writes the same bytes over the ones that are there.
 * Throws a UserError when the song cannot be decoded or proves longer than `maxSeconds`.
 * @param onSamples told how many samples are on disk, after each block; the next one waits for it
 * @returns the song's length, its level, and what a person should know of its file
 */
export async function decodeSong({
  folders,
  songId,
  track,
  maxSeconds,
  onSamples,
  signal,
}: {
  folders: Folders
  songId: number
  track: number | null
  maxSeconds: number
  onSamples(samples: number): Promise<void>
  signal: AbortSignal
}): Promise<{ samples: number; level: SongLevel; warnings: string[] }> {
  const decoding = decode({ path: originalPath(folders, songId), track, maxSeconds, signal })
  const meter = new LevelMeter()
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
  return { samples: bytes / BYTES_PER_STEREO_SAMPLE, level: meter.level(), warnings: await decoding.warnings }
}

/**
 * Decodes part of a song to its place on disk; `decodeSong` will write over it.
 * Throws a UserError when the file does not tell where that part is.
 * @param excerpt 44,100 Hz samples; less of it is decoded where the song ends before
 * @param onSamples told up to which sample of the song it is on disk, after each block; the next one waits for it
 */
export async function decodeExcerpt({
  folders,
  songId,
  track,
  excerpt,
  onSamples,
  signal,
}: {
  folders: Folders
  songId: number
  track: number | null
  excerpt: Span
  onSamples(end: number): Promise<void>
  signal: AbortSignal
}): Promise<void> {
  const file = await openForRanges(pcmPath(folders, songId))
  let end = excerpt.startSample
  try {
    for await (const block of decodePart({ path: originalPath(folders, songId), track, excerpt, signal })) {
      await writeRange(file, end * BYTES_PER_STEREO_SAMPLE, block)
      end += block.length / BYTES_PER_STEREO_SAMPLE
      await onSamples(end)
    }
  } finally {
    await file.close()
  }
}
