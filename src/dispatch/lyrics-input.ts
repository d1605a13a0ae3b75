import { TASK_SAMPLE_RATE, taskSamples } from '../song/lyrics-task.ts'
import { bytesOf, CHANNELS, SAMPLE_RATE } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import { lyricsTaskOf } from '../store/queries/lyrics-tasks.ts'
import type { Song } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { readVoice } from '../store/song-files/voice-samples.ts'

/** The input of a job for lyrics: the voice in its range, 16-bit mono PCM at TASK_SAMPLE_RATE. Throws if the voice is not there. */
export async function readLyricsInput({
  db,
  folders,
  song,
  jobId,
}: {
  db: Database
  folders: Folders
  song: Song
  jobId: number
}): Promise<Buffer> {
  const stored = lyricsTaskOf(db, jobId)
  const voice = stored && (await readVoice({ folders, song, range: stored.range }))
  if (!voice) throw new Error(`Music[${song.id}]: its voice ends before the end of Job[${jobId}].`)
  return bytesOf(resampled(voice, taskSamples(stored.range.samples)))
}

// TODO the resampler of src/lyrics
function resampled(stereo: Int16Array, samples: number): Int16Array {
  const ratio = SAMPLE_RATE / TASK_SAMPLE_RATE
  return Int16Array.from({ length: samples }, (_, at) => {
    const from = Math.floor(at * ratio) * CHANNELS
    return ((stereo[from] ?? 0) + (stereo[from + 1] ?? 0)) / 2
  })
}
