import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { forgetSong, songStorage, storedSongs } from '../browser-storage.ts'
import type { Music } from '../server/api.ts'
import type { SongSettings } from './song-settings.ts'

const SAMPLE_RATE = 44_100

/** What versions up to 0.2 stored about a song in the browser: tracks by id, times in samples. */
type StoredMix = { muted: readonly number[]; solo: readonly number[]; decibels: Readonly<Record<number, number>> }
type StoredLoop = { start: number; end: number }
type StoredPractice = { semitones: number; tempo: number }

/**
 * Moves what versions up to 0.2 stored in this browser to the server, for each song that has no settings there yet. Removes it
 * from the browser when it is saved.
 */
export async function takeOverStored(
  settings: SongSettings,
  songs: ReadonlyMap<number, { music: Music }>,
): Promise<void> {
  for (const musicId of storedSongs()) {
    const song = songs.get(musicId)
    if (!song) continue
    await settings.load(musicId)
    if (!settings.hasSaved(musicId)) settings.change(musicId, storedSettings(song.music))
    await settings.flush()
    if (settings.hasSaved(musicId)) forgetSong(musicId)
  }
}

function storedSettings({ music_id, tracks }: Music): Partial<PracticeSettings> {
  const mix = songStorage<StoredMix>('mix').get(music_id)
  const loop = songStorage<StoredLoop>('loop').get(music_id)
  const practice = songStorage<StoredPractice>('practice').get(music_id)
  const namesOf = (ids: readonly number[]) =>
    tracks.flatMap(({ name, track_id }) => (ids.includes(track_id) ? [name] : []))
  const gains = tracks.flatMap(({ name, track_id }) => {
    const decibels = mix?.decibels[track_id]
    return decibels ? [[name, decibels] as const] : []
  })
  return {
    ...(mix && {
      mix: { muted: namesOf(mix.muted), solo: namesOf(mix.solo), gains: Object.fromEntries(gains), pan: {} },
    }),
    ...(loop && { loop: { start: loop.start / SAMPLE_RATE, end: loop.end / SAMPLE_RATE } }),
    ...(practice && { semitones: practice.semitones, tempo: practice.tempo }),
  }
}
