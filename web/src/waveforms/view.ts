import { effect, signal } from '@preact/signals'
import { isOn, lengthOf, playing, position } from '../player/player.ts'
import { SAMPLE_RATE } from '../player/sound.ts'
import { type Song, songs } from '../state.ts'

/** The part of a song that its waveforms show, in samples. */
export type View = { start: number; end: number }

const SHORTEST = 4 * SAMPLE_RATE
/** What is played is shown from here on, as a share of the view: a little of what was is seen, too. */
const LEAD = 0.1

/** Only of songs of which less than the whole is shown. */
const views = signal<ReadonlyMap<number, View>>(new Map())

export function viewOf(song: Song): View {
  return views.value.get(song.music.music_id) ?? { start: 0, end: Math.max(1, lengthOf(song)) }
}

export function isZoomed({ music }: Song): boolean {
  return views.value.has(music.music_id)
}

/** Shows `factor` times less of the song, or more of it (below 1); the sample `at` stays where it is seen. */
export function zoom(song: Song, factor: number, at = middleOf(song)): void {
  const { start, end } = viewOf(song)
  show(song, start + (at - start) * (1 - 1 / factor), (end - start) / factor)
}

/** Shows the song from a sample on, as much of it as now. */
export function scrollTo(song: Song, start: number): void {
  const view = viewOf(song)
  show(song, start, view.end - view.start)
}

function show(song: Song, start: number, length: number): void {
  const whole = lengthOf(song)
  const next = new Map(views.value)
  const shown = Math.max(Math.min(SHORTEST, whole), length)
  const first = Math.max(0, Math.min(whole - shown, start))
  if (shown < whole) next.set(song.music.music_id, { start: first, end: first + shown })
  else next.delete(song.music.music_id)
  views.value = next
}

/** What is heard, where that is in sight. */
function middleOf(song: Song): number {
  const { start, end } = viewOf(song)
  const isInSight = playing.value === song.music.music_id && position.value >= start && position.value < end
  return isInSight ? position.value : (start + end) / 2
}

/** Where what is heard leaves the sight, the sight follows; who looks elsewhere is left there. */
let wasInSight = false
effect(() => {
  const song = playing.value === null ? undefined : songs.value.get(playing.value)
  if (!song) return
  const { start, end } = viewOf(song)
  const isInSight = position.value >= start && position.value < end
  const hasLeft = wasInSight && !isInSight && isOn.value
  wasInSight = isInSight || hasLeft
  if (hasLeft) scrollTo(song, position.value - LEAD * (end - start))
})
