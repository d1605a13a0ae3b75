import { computed, effect } from '@preact/signals'
import { titleOf } from '../../../src/song/song-title.ts'
import { showFailure } from '../notice.ts'
import type { Music } from '../server/api.ts'
import { SAMPLE_RATE } from './mixer.ts'
import { performCommand, songForCommands } from './perform-command.ts'
import type { Player } from './player.ts'
import { SEEK_STEP_SECONDS } from './shortcuts.ts'
import { lengthOf } from './song-length.ts'

/** A system shows its own clock between two reports of the place. */
const REPORT_EVERY_MS = 1_000

/**
 * Listens to the media keys of headphones and keyboards, and shows the song, its cover and its place on a locked screen.
 * The key for the previous track goes back to the start of the loop or song.
 */
export function listenToMediaKeys(player: Player): void {
  const session = (navigator as { mediaSession?: MediaSession }).mediaSession
  if (!session) return
  handleActions(player, session)
  // As text, which stays the same when something else of the song changes.
  const metadata = computed(() => player.song.value && JSON.stringify(metadataOf(player.song.value.music)))
  effect(() => {
    session.metadata = metadata.value ? new MediaMetadata(JSON.parse(metadata.value) as MediaMetadataInit) : null
  })
  effect(() => {
    session.playbackState = player.isOn.value ? 'playing' : player.musicId.value === null ? 'none' : 'paused'
  })
  reportPosition(player, session)
}

function handleActions(player: Player, session: MediaSession): void {
  const forSong = (action: (musicId: number) => Promise<unknown>) => {
    const song = songForCommands(player)
    if (song) showFailure(action(song.music.music_id))
  }
  const seek = (seconds: number) => forSong((id) => player.seek(id, seconds * SAMPLE_RATE))
  const here = () => player.position.value / SAMPLE_RATE
  const actions: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => forSong((id) => player.play(id))],
    ['pause', () => player.pause()],
    ['stop', () => player.pause()],
    ['seekbackward', ({ seekOffset }) => seek(here() - (seekOffset || SEEK_STEP_SECONDS))],
    ['seekforward', ({ seekOffset }) => seek(here() + (seekOffset || SEEK_STEP_SECONDS))],
    ['seekto', ({ seekTime }) => seek(seekTime ?? here())],
    ['previoustrack', () => performCommand(player, { kind: 'backToStart' })],
  ]
  for (const [action, handler] of actions) {
    try {
      session.setActionHandler(action, handler)
    } catch {
      // A browser refuses the actions that it does not know.
    }
  }
}

function metadataOf({ music_id, name, band, cover }: Music): MediaMetadataInit {
  return {
    title: titleOf({ id: music_id, title: name }),
    artist: band,
    artwork: cover ? [{ src: new URL(cover, document.baseURI).href }] : [],
  }
}

/** Reports the place at once when the song, its state, its tempo or its length change or the playhead jumps, else each second. */
function reportPosition(player: Player, session: MediaSession): void {
  let reported = { key: '', at: 0, seconds: 0 }
  effect(() => {
    const song = player.song.value
    const duration = song ? lengthOf(song) / SAMPLE_RATE : 0
    const seconds = Math.min(duration, player.position.value / SAMPLE_RATE)
    const { tempo } = player.practice.value
    const key = `${player.state.value.kind} ${player.musicId.value} ${tempo} ${duration}`
    const now = performance.now()
    const isNear = Math.abs(seconds - reported.seconds) < (2 * REPORT_EVERY_MS) / 1_000
    if (key === reported.key && isNear && now - reported.at < REPORT_EVERY_MS) return
    reported = { key, at: now, seconds }
    if (duration > 0) session.setPositionState({ duration, position: seconds, playbackRate: tempo })
    else session.setPositionState()
  })
}
