import { effect, signal, untracked } from '@preact/signals'
import type { Song } from '../../server/songs.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'

/** The part of a song that its waveforms show, in samples. */
export type View = { start: number; end: number }

/** Short enough to see single samples. */
const MIN_SHOWN_SAMPLES = Math.round(0.05 * SAMPLE_RATE)
/** The place of the playhead after the view has followed it, as a share of the view. */
const LEAD = 0.1
/** What is shown on each side of a part, as a share of it. */
const MARGIN = 0.05

/** Contains only the views of songs that are zoomed in. */
const views = signal<ReadonlyMap<number, View>>(new Map())

export function viewOf(song: Song): View {
  return views.value.get(song.music.music_id) ?? { start: 0, end: Math.max(1, lengthOf(song)) }
}

export function isZoomed({ music }: Song): boolean {
  return views.value.has(music.music_id)
}

/**
 * Shows a part of the song that is `factor` times shorter, or longer if `factor` is below 1. The sample `at` stays at its
 * place.
 */
export function zoom(song: Song, factor: number, at: number): void {
  const { start, end } = viewOf(song)
  const length = Math.max(shortestView(song), Math.min(lengthOf(song), (end - start) / factor))
  show(song, at - ((at - start) * length) / (end - start), length)
}

/** Moves the view to a sample. Its length stays. */
export function scrollTo(song: Song, start: number): void {
  const view = viewOf(song)
  show(song, start, view.end - view.start)
}

/** Shows the whole song. */
export function showWhole(song: Song): void {
  show(song, 0, lengthOf(song))
}

/** Shows a part of the song, with a little more on both sides. */
export function showPart(song: Song, { start, end }: View): void {
  const margin = MARGIN * (end - start)
  show(song, start - margin, end - start + 2 * margin)
}

function show(song: Song, start: number, length: number): void {
  const whole = lengthOf(song)
  const before = viewOf(song)
  const next = new Map(views.value)
  const shown = Math.max(shortestView(song), length)
  const first = Math.max(0, Math.min(whole - shown, start))
  if (shown < whole) next.set(song.music.music_id, { start: first, end: first + shown })
  else next.delete(song.music.music_id)
  const after = next.get(song.music.music_id) ?? { start: 0, end: Math.max(1, whole) }
  if (after.start !== before.start || after.end !== before.end) views.value = next
}

function shortestView(song: Song): number {
  return Math.min(MIN_SHOWN_SAMPLES, lengthOf(song))
}

/** The sample that stays at its place during a zoom: the playhead if it is in view, otherwise the middle of the view. */
export function middleOf(player: Player, song: Song): number {
  const view = viewOf(song)
  const position = player.position.value
  return player.isOpen(song.music.music_id) && isInView(position, view) ? position : (view.start + view.end) / 2
}

/** Scrolls when the playhead leaves the view. A view that was scrolled elsewhere by hand stays. */
export function followPlayhead(player: Player): void {
  let wasInView = false
  effect(() => {
    const song = player.song.value
    if (!song) return
    const view = viewOf(song)
    const position = player.position.value
    // At its very end a song is in view as well.
    const isVisible = isInView(Math.min(position, lengthOf(song) - 1), view)
    const hasLeft = wasInView && !isVisible && player.isOn.value
    wasInView = isVisible || hasLeft
    if (hasLeft) untracked(() => scrollTo(song, position - LEAD * (view.end - view.start)))
  })
}

function isInView(position: number, { start, end }: View): boolean {
  return position >= start && position < end
}
