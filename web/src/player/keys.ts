import { act } from '../act.ts'
import type { Song } from '../state.ts'
import { isInTextField } from '../text-field.ts'
import { zoom } from '../waveforms/view.ts'
import { changeMix } from './change-mix.ts'
import { commandOf, type KeyCommand } from './key-command.ts'
import { playLoop, setLoop } from './loop.ts'
import { mixOf, toggled } from './mix.ts'
import { isOn, pause, play, playing, position, seek, songInHand, toggle } from './player.ts'
import { SAMPLE_RATE } from './sound.ts'

const STEP_SECONDS = 5
const REPEATED: readonly KeyCommand['kind'][] = ['back', 'forward', 'zoomIn', 'zoomOut']

/** The keys that `key-command.ts` names; where a control has the focus, its own keys count. */
export function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    const song = songInHand()
    const command = song && commandOf(event, song.music.tracks.length)
    if (!command || isForControl(event)) return
    event.preventDefault()
    // A key that is held down moves on and on, but does nothing else twice.
    if (!event.repeat || REPEATED.includes(command.kind)) obey(command, song)
  })
}

function isForControl({ key, target }: KeyboardEvent): boolean {
  const isWith = (controls: string) => target instanceof HTMLElement && target.closest(controls) !== null
  if (isInTextField(target) || isWith('select')) return true
  if (key === ' ') return isWith('button, a, summary, input:not([type=range]), label:not(:has([type=range]))')
  return key.startsWith('Arrow') && isWith('[type=range]')
}

function obey(command: KeyCommand, song: Song): void {
  const { music, progress } = song
  const { music_id, tracks } = music
  const move = (seconds: number) => act(seek(music_id, position.value + seconds * SAMPLE_RATE))
  switch (command.kind) {
    case 'toggle':
      act(toggle(music_id))
      break
    case 'back':
      move(-STEP_SECONDS)
      break
    case 'forward':
      move(STEP_SECONDS)
      break
    case 'loopStart':
      setLoop(music_id, { start: position.value })
      break
    case 'loopEnd':
      setLoop(music_id, { end: position.value })
      break
    case 'playLoop':
      act(playLoop(music_id))
      break
    case 'zoomIn':
      zoom(song, 2)
      break
    case 'zoomOut':
      zoom(song, 0.5)
      break
    case 'lane': {
      const lane = tracks[command.lane]
      const mix = mixOf(music, progress)
      if (lane) changeMix(music, progress, { ...mix, muted: toggled(mix.muted, lane.track_id) })
    }
  }
}

/** The keys of headphones and keyboards, and what a locked screen shows. */
export function listenToMediaKeys(): void {
  const session = (navigator as { mediaSession?: MediaSession }).mediaSession
  if (!session) return
  const inHand = (how: (musicId: number) => Promise<void>) => () => {
    const song = songInHand()
    if (song) act(how(song.music.music_id))
  }
  const step = (seconds: number) => inHand((id) => seek(id, position.value + seconds * SAMPLE_RATE))
  session.setActionHandler('play', inHand(play))
  session.setActionHandler('pause', pause)
  session.setActionHandler('seekbackward', step(-STEP_SECONDS))
  session.setActionHandler('seekforward', step(STEP_SECONDS))
  playing.subscribe(() => {
    const song = songInHand()
    if (song && playing.value !== null) {
      session.metadata = new MediaMetadata({ title: song.music.name, artist: song.music.band })
    }
  })
  isOn.subscribe((now) => {
    session.playbackState = now ? 'playing' : 'paused'
  })
}
