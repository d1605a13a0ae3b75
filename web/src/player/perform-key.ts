import { effect } from '@preact/signals'
import { titleOf } from '../../../src/song/song-title.ts'
import { assertNever } from '../assert-never.ts'
import { showFailure } from '../notice.ts'
import { newestFirst, type Song } from '../server/songs.ts'
import { isInTextField } from '../text-field.ts'
import { changeMix } from './change-mix.ts'
import { commandOf, type KeyCommand } from './key-bindings.ts'
import { playLoop, setLoop } from './loop.ts'
import { mixOf, toggled } from './mix.ts'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { middleOf, zoom } from './waveforms/view.ts'

const SEEK_STEP_SECONDS = 5
/** Commands that a key repeats while it is held down. */
const REPEATED: readonly KeyCommand['kind'][] = ['back', 'forward', 'zoomIn', 'zoomOut']

/** Listens to the keys of `key-bindings.ts`. A focused control keeps its own keys. */
export function listenToKeys(player: Player): void {
  document.addEventListener('keydown', (event) => {
    const song = songForKeys(player)
    const command = song && commandOf(event, song.music.tracks.length)
    if (!command || isForControl(event)) return
    event.preventDefault()
    if (!event.repeat || REPEATED.includes(command.kind)) perform(player, command, song)
  })
}

/** The open song, otherwise the newest. */
function songForKeys(player: Player): Song | undefined {
  return player.song.value ?? newestFirst.value[0]
}

function isForControl({ key, target }: KeyboardEvent): boolean {
  const isWith = (controls: string) => target instanceof HTMLElement && target.closest(controls) !== null
  if (isInTextField(target) || isWith('select')) return true
  if (key === ' ') return isWith('button, a, summary, input:not([type=range]), label:not(:has([type=range]))')
  return key.startsWith('Arrow') && isWith('[type=range]')
}

function perform(player: Player, command: KeyCommand, song: Song): void {
  const { music, progress } = song
  const { music_id, tracks } = music
  const move = (seconds: number) => showFailure(player.seek(music_id, player.position.value + seconds * SAMPLE_RATE))
  switch (command.kind) {
    case 'toggle':
      showFailure(player.toggle(music_id))
      break
    case 'back':
      move(-SEEK_STEP_SECONDS)
      break
    case 'forward':
      move(SEEK_STEP_SECONDS)
      break
    case 'loopStart':
      if (player.isOpen(music_id)) setLoop(player, { start: player.position.value })
      break
    case 'loopEnd':
      if (player.isOpen(music_id)) setLoop(player, { end: player.position.value })
      break
    case 'playLoop':
      showFailure(playLoop(player, music_id))
      break
    case 'zoomIn':
      zoom(song, 2, middleOf(player, song))
      break
    case 'zoomOut':
      zoom(song, 0.5, middleOf(player, song))
      break
    case 'lane': {
      const lane = tracks[command.lane]
      const mix = mixOf(music, progress)
      if (lane) changeMix(player, song, { ...mix, muted: toggled(mix.muted, lane.track_id) })
      break
    }
    default:
      assertNever(command)
  }
}

/** Listens to the media keys of headphones and keyboards, and names the song on a locked screen. */
export function listenToMediaKeys(player: Player): void {
  const session = (navigator as { mediaSession?: MediaSession }).mediaSession
  if (!session) return
  const forSong = (action: (musicId: number) => Promise<unknown>) => () => {
    const song = songForKeys(player)
    if (song) showFailure(action(song.music.music_id))
  }
  const step = (seconds: number) => forSong((id) => player.seek(id, player.position.value + seconds * SAMPLE_RATE))
  session.setActionHandler(
    'play',
    forSong((id) => player.play(id)),
  )
  session.setActionHandler('pause', () => player.pause())
  session.setActionHandler('seekbackward', step(-SEEK_STEP_SECONDS))
  session.setActionHandler('seekforward', step(SEEK_STEP_SECONDS))
  effect(() => {
    const song = player.musicId.value === null ? undefined : player.song.peek()
    if (!song) return
    const { music_id: id, name, band } = song.music
    session.metadata = new MediaMetadata({ title: titleOf({ id, title: name }), artist: band })
  })
  effect(() => {
    session.playbackState = player.isOn.value ? 'playing' : 'paused'
  })
}
