import { toMono16k } from '../lyrics/timing/to-mono.ts'
import { bytesOf, clip, FULL_SCALE } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import { lyricsTaskOf } from '../store/queries/lyrics-tasks.ts'
import type { Song } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { readVoice } from '../store/song-files/voice-samples.ts'

/** The input of a job for lyrics: the voice in its range, 16-bit mono PCM at TASK_SAMPLE_RATE. Null if the voice is not there. */
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
}): Promise<Buffer | null> {
  const stored = lyricsTaskOf(db, jobId)
  const voice = stored && (await readVoice({ folders, song, range: stored.range }))
  return voice ? bytesOf(toSixteenBits(toMono16k(voice))) : null
}

function toSixteenBits(sound: Float32Array): Int16Array {
  return Int16Array.from(sound, (value) => clip(Math.round(FULL_SCALE * value)))
}
