import { AS_RECORDED, type Practice } from '../../../src/song/practice-settings.ts'
import { renderMix, zipUrl } from '../server/api.ts'
import type { Song } from '../server/songs.ts'
import { gainsOf, type Mix } from './mix.ts'

/** @property isAsHeard whether in the key and tempo that are heard, not those of the recording */
export type DownloadChoice = {
  what: 'mix' | 'everything' | { trackId: number }
  format: string
  isAsHeard: boolean
}

const ASK_EVERY_MS = 300

/** The address of a download. The server renders it first where it has to; that can be cancelled. */
export async function downloadUrl(
  song: Song,
  { choice, mix, practice, signal }: { choice: DownloadChoice; mix: Mix; practice: Practice; signal: AbortSignal },
): Promise<string> {
  const { what, format, isAsHeard } = choice
  const { music } = song
  const heard = isAsHeard ? practice : AS_RECORDED
  if (what === 'everything') return zipUrl(music.music_id, { format, ...heard })
  const gains = what === 'mix' ? decibelsOf(song, mix) : onlyTrack(song, what.trackId)
  const pan = what === 'mix' ? mix.pan : {}
  for (;;) {
    const { file, ready } = await renderMix(music.music_id, { gains, pan, ...heard, format })
    signal.throwIfAborted()
    if (ready) return `${file}&download`
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
    signal.throwIfAborted()
  }
}

function onlyTrack({ music }: Song, trackId: number): Record<number, number | null> {
  return Object.fromEntries(music.tracks.map(({ track_id }) => [track_id, track_id === trackId ? 0 : null]))
}

/** The gain of each track by its id, as the server takes it; null leaves the track out. */
function decibelsOf({ music }: Song, mix: Mix): Record<number, number | null> {
  const gains = gainsOf(music, mix)
  return Object.fromEntries(
    music.tracks.map(({ track_id }, index) => [track_id, gains[index] ? (mix.decibels[track_id] ?? 0) : null]),
  )
}
