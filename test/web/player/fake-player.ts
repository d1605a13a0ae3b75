import { signal } from '@preact/signals'
import type { Practice } from '../../../src/song/practice-settings.ts'
import type { AudioListener } from '../../../web/src/player/audio-session.ts'
import { type Command, SAMPLE_RATE } from '../../../web/src/player/mixer.ts'
import { Player } from '../../../web/src/player/player.ts'
import type { Session } from '../../../web/src/player/player-audio.ts'
import { type Song, songs } from '../../../web/src/server/songs.ts'
import { fakeSettings } from './fake-settings.ts'

export const SONG_SECONDS = 60

/** A separated song of a minute, with the tracks vocals and drums. */
export function separatedSong(musicId: number): Song {
  const samples = SONG_SECONDS * SAMPLE_RATE
  const segment = { music_id: musicId, index: 0, startSample: 0, samples, worker: null, attempt: 1, version: 1 }
  return {
    music: {
      music_id: musicId,
      name: `Song ${musicId}`,
      band: 'The Band',
      tracks: [
        { name: 'vocals', track_id: 10 * musicId },
        { name: 'drums', track_id: 10 * musicId + 1 },
      ],
      duration: SONG_SECONDS,
      model: 'test',
      state: 'separated',
      warnings: [],
      cover: null,
      arrival: null,
    },
    progress: null,
    segments: [{ ...segment, state: 'expected' }],
  }
}

/** The player with a fake audio thread, and songs 1 and 2 on the page. `commands` are those to the mixer. */
export function openFakePlayer(): {
  player: Player
  commands: Command[]
  practices: Practice[]
  listener(): AudioListener
} {
  const commands: Command[] = []
  const practices: Practice[] = []
  const heard = signal<AudioListener | null>(null)
  songs.value = new Map([1, 2].map((id) => [id, separatedSong(id)]))
  const output = {
    isInAudioThread: true,
    send: (command: Command) => commands.push(command),
    setPractice: async (practice: Practice) => practices.push(practice),
  }
  const player = new Player({
    settings: fakeSettings(),
    songs,
    needSegments: async () => undefined,
    keepTracks: async () => undefined,
    sendPlayhead: async () => undefined,
    openSession: (listener) => {
      heard.value = listener
      return {
        context: { state: 'running' },
        output: Promise.resolve(output),
        wake: () => undefined,
        whySilent: async () => '',
        close: () => undefined,
      } as unknown as Session
    },
  })
  return {
    player,
    commands,
    practices,
    listener() {
      if (!heard.value) throw new Error('The player has opened no audio.')
      return heard.value
    },
  }
}
