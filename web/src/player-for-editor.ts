import type { StemMix } from '../../src/song/practice-settings.ts'
import type { EditorPlayer, EditorVoice } from './lyrics/editor/editor-player.ts'
import { showFailure } from './notice.ts'
import { SAMPLE_RATE } from './player/mixer.ts'
import type { Player } from './player/player.ts'
import { lengthOf } from './player/song-length.ts'
import { getPeaks } from './server/api.ts'
import type { Song } from './server/songs.ts'

/** The voice leads while words are placed: other stems are this much softer. */
const BACKING_DB = -9
const VOICES = ['vocals', 'voice']

/** The stem of the voice; undefined if the song's model has none. */
export function voiceTrackOf({ music }: Song): number | undefined {
  return music.tracks.find(({ name }) => VOICES.includes(name))?.track_id
}

/**
 * The player for an editor of words: the voice is heard above the rest, in the recorded key, and neither loop nor tempo is saved
 * as a setting of the song. `release` gives the song its own settings back.
 */
export function playerForEditor(player: Player, song: Song): { player: EditorPlayer; release(): void } {
  const { music_id } = song.music
  const { settings } = player
  const before = settings.overridesOf(music_id)
  const practice = {
    mix: voiceAbove(song),
    semitones: 0,
    tempo: 1,
    loop: null as { start: number; end: number } | null,
  }
  const apply = () => settings.override(music_id, { ...before, ...practice })
  apply()
  if (!player.isOpen(music_id)) showFailure(player.seek(music_id, player.starts.get(music_id) ?? 0))
  return {
    player: {
      positionMs: () => (1_000 * player.heardPosition()) / SAMPLE_RATE,
      durationMs: () => (1_000 * lengthOf(song)) / SAMPLE_RATE,
      isPlaying: player.isOn,
      hasTempo: player.isInAudioThread,
      play: () => showFailure(player.play(music_id)),
      pause: () => player.pause(),
      seek: (ms) => showFailure(player.seek(music_id, (ms * SAMPLE_RATE) / 1_000)),
      setTempo(tempo) {
        practice.tempo = tempo ?? 1
        apply()
      },
      setLoop(loop) {
        practice.loop = loop && { start: loop.startMs / 1_000, end: loop.endMs / 1_000 }
        apply()
      },
    },
    release() {
      settings.override(music_id, before)
    },
  }
}

/** The waveform of the voice for an editor; null if the song has no voice stem. */
export function voiceForEditor(song: Song): EditorVoice | null {
  const trackId = voiceTrackOf(song)
  if (trackId === undefined) return null
  return {
    revision: song.segments.filter(({ state }) => state === 'final').length,
    async peaks({ startMs, endMs, bins }) {
      const tracks = await getPeaks(song.music.music_id, { bins, from: startMs / 1_000, to: endMs / 1_000 })
      return tracks.get(trackId) ?? []
    },
  }
}

function voiceAbove({ music }: Song): StemMix {
  const others = music.tracks.map(({ name }) => name).filter((name) => !VOICES.includes(name))
  return { gains: Object.fromEntries(others.map((name) => [name, BACKING_DB])), muted: [], solo: [], pan: {} }
}
