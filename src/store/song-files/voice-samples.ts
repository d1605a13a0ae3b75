import { BYTES_PER_STEREO_SAMPLE, samplesOf, WAV_HEADER_BYTES } from '../../song/pcm.ts'
import { voiceStem } from '../../song/plan.ts'
import type { Span } from '../../song/segment.ts'
import type { Song } from '../queries/songs.ts'
import { readRange } from './file-ranges.ts'
import { type Folders, stemPath } from './paths.ts'

/** Reads a range of the voice stem: 16-bit stereo, interleaved. Null if the song has no voice, or not so much of it yet. */
export async function readVoice({
  folders,
  song,
  range: { startSample, samples },
}: {
  folders: Folders
  song: Song
  range: Span
}): Promise<Int16Array | null> {
  const stem = voiceStem(song.plan)
  const track = song.tracks.find((each) => each.stem === stem)
  if (!track) return null
  const path = stemPath(folders, { songId: song.id, trackId: track.id })
  const start = WAV_HEADER_BYTES + startSample * BYTES_PER_STEREO_SAMPLE
  const bytes = await readRange(path, start, samples * BYTES_PER_STEREO_SAMPLE)
  return bytes && samplesOf(bytes)
}
