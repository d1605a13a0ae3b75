import { act } from '../act.ts'
import { zoom } from '../waveforms/view.ts'
import { changeMix } from './change-mix.ts'
import { mixOf, toggled } from './mix.ts'
import {
  isOn,
  pause,
  play,
  playing,
  playLoop,
  position,
  SAMPLE_RATE,
  seek,
  setLoop,
  songInHand,
  toggle,
} from './player.ts'

const STEP_SECONDS = 5

/** Space, arrows, [ and ] and \ for the loop, + and - for the waveforms, and a number for each lane; where a control has the focus, its own keys count. */
export function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, altKey, metaKey } = event
    const isWith = (controls: string) => target instanceof HTMLElement && target.closest(controls) !== null
    const isControl = isWith('input:not([type=checkbox], [type=range]), select, textarea')
    if (isControl || ctrlKey || altKey || metaKey) return
    const isPressed = key === ' ' && isWith('button, a, input:not([type=range]), label:not(:has([type=range]))')
    const isMoved = key.startsWith('Arrow') && isWith('[type=range]')
    const song = songInHand()
    if (!song || isPressed || isMoved) return
    const { music_id, tracks } = song.music
    const move = (seconds: number) => act(seek(music_id, position.value + seconds * SAMPLE_RATE))
    const lane = tracks[Number(key) - 1]
    if (key === ' ') act(toggle(music_id))
    else if (key === 'ArrowLeft') move(-STEP_SECONDS)
    else if (key === 'ArrowRight') move(STEP_SECONDS)
    else if (key === '[') setLoop(music_id, { start: position.value })
    else if (key === '\\') act(playLoop(music_id))
    else if (key === '+' || key === '-') zoom(song, key === '+' ? 2 : 0.5)
    else if (key === ']') setLoop(music_id, { end: position.value })
    else if (lane) {
      const mix = mixOf(song.music, song.progress)
      changeMix(song.music, song.progress, { ...mix, muted: toggled(mix.muted, lane.track_id) })
    } else return
    event.preventDefault()
  })
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
