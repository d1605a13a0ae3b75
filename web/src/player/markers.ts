import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { recordChange } from './mix-history.ts'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'

type Markers = PracticeSettings['markers']

/** Markers at places nearer than this are one: a second press at the same place adds none. */
const SAME_PLACE_SECONDS = 0.05

/** Marks the playhead's place in the open song. */
export function addMarker(player: Player, musicId: number): void {
  const seconds = player.position.peek() / SAMPLE_RATE
  const before = player.settings.of(musicId).peek().markers
  if (before.some((marker) => Math.abs(marker.seconds - seconds) < SAME_PLACE_SECONDS)) return
  const marker = { seconds, name: `Mark ${before.length + 1}` }
  change(player, { musicId, label: 'marker', after: sorted([...before, marker]) })
}

export function renameMarker(player: Player, musicId: number, { index, name }: { index: number; name: string }): void {
  const before = player.settings.of(musicId).peek().markers
  const marker = before[index]
  if (!marker || name.trim() === '') return
  change(player, { musicId, label: 'name of a marker', after: before.with(index, { ...marker, name: name.trim() }) })
}

export function moveMarker(
  player: Player,
  musicId: number,
  { index, seconds }: { index: number; seconds: number },
): void {
  const before = player.settings.of(musicId).peek().markers
  const marker = before[index]
  if (marker)
    change(player, { musicId, label: 'place of a marker', after: sorted(before.with(index, { ...marker, seconds })) })
}

export function removeMarker(player: Player, musicId: number, index: number): void {
  const before = player.settings.of(musicId).peek().markers
  change(player, { musicId, label: 'removal of a marker', after: before.toSpliced(index, 1) })
}

function change(
  { settings }: Player,
  { musicId, label, after }: { musicId: number; label: string; after: Markers },
): void {
  const before = settings.of(musicId).peek().markers
  const set = (markers: Markers) => settings.change(musicId, { markers })
  set(after)
  recordChange({ label, isDrag: true, musicId, undo: () => set(before), redo: () => set(after) })
}

function sorted(markers: Markers): Markers {
  return markers.toSorted((a, b) => a.seconds - b.seconds)
}
