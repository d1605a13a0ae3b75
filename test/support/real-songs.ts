import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decode, openEncoder } from '../../src/audio/media.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../src/song/pcm.ts'
import type { CodedFormat } from '../../src/song/sound-formats.ts'

const FOLDER = '/usr/share/games/fretsonfire/data/songs/muldjord'
const NAMES = ['internal_degeneration', 'armygeddon', 'mutilated_mime', 'chaos_god']

/** Four real songs of 4 to 5 minutes from a Debian package. */
export function realSongs(): string[] {
  const songs = NAMES.map((name) => join(FOLDER, name, 'song.ogg'))
  if (songs.every((path) => existsSync(path))) return songs
  throw new Error("There are no real songs here: run 'apt-get install fretsonfire-songs-muldjord'.")
}

/** Writes a file of so many seconds that repeats the real songs. */
export async function makeLongSong(path: string, seconds: number, format: CodedFormat = 'mp3'): Promise<void> {
  const wanted = seconds * SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE
  const encoder = openEncoder({ path, format, tags: { title: 'Long', artist: '', album: '' }, picture: null })
  let bytes = 0
  while (bytes < wanted) {
    for (const song of realSongs()) {
      for await (const block of decode({ path: song, maxSeconds: 3_600 }).pcm) {
        if (bytes >= wanted) break
        await encoder.write(block.subarray(0, wanted - bytes))
        bytes += block.length
      }
    }
  }
  await encoder.finish()
}
