import type { ReadonlySignal } from '@preact/signals'
import type { Song } from '../server/songs.ts'
import type { SongSettings } from '../settings/song-settings.ts'
import type { AudioListener } from './audio-session.ts'
import type { Session } from './player-audio.ts'
import type { SendPlayhead } from './playhead-sender.ts'

/** What the player takes of the page around it. */
export type PlayerNeeds = {
  songs: ReadonlySignal<ReadonlyMap<number, Song>>
  /** Resolves when the segments of a song are in `songs`, if it has any. */
  needSegments(musicId: number): Promise<void>
  keepTracks(musicId: number, tracks: readonly number[]): Promise<void>
  sendPlayhead: SendPlayhead
  settings: SongSettings
  openSession(listener: AudioListener): Session
}
