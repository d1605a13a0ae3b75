import type { Practice } from '../../../src/song/practice-settings.ts'
import type { Music } from '../server/api.ts'
import { songs } from '../server/songs.ts'
import { undoHistory } from '../undo-history.ts'
import { isSameMix, type Mix, mixesOf } from './mix.ts'
import type { Loop } from './mixer.ts'
import type { Player } from './player.ts'

/*
 * Makes what changes the sound of a song a step of the page's undo history. A step concerns its song, whichever one is open
 * when it is taken back.
 */

/** A change of a song. @property isDrag such changes follow each other quickly, and are one step then */
type Change = { label: string; isDrag: boolean; musicId: number; undo(): unknown; redo(): unknown }

export function recordMix(
  music: Music,
  { before, after, undo, redo }: { before: Mix; after: Mix } & Pick<Change, 'undo' | 'redo'>,
): void {
  if (isSameMix(before, after)) return
  recordChange({ ...describeMix(music, before, after), musicId: music.music_id, undo, redo })
}

export function recordLoop(
  { practising }: Player,
  { musicId, before, after }: { musicId: number; before: Loop | null; after: Loop | null },
): void {
  if (before?.start === after?.start && before?.end === after?.end) return
  const apply = (loop: Loop | null) => practising.setLoop(musicId, loop)
  const isDrag = before !== null && after !== null
  recordChange({ label: 'loop', isDrag, musicId, undo: () => apply(before), redo: () => apply(after) })
}

export function recordPractice(
  { practising }: Player,
  { musicId, changes }: { musicId: number; changes: Partial<Practice> },
): void {
  const before = practising.practiceOf(musicId)
  const after = { ...before, ...changes }
  const changed = [
    before.semitones !== after.semitones ? 'key' : [],
    before.tempo !== after.tempo ? 'tempo' : [],
  ].flat()
  if (changed.length === 0) return
  const apply = (practice: Practice) => practising.setPractice(musicId, practice)
  const [label, isDrag] = [changed.join(' and '), changed.length === 1]
  recordChange({ label, isDrag, musicId, undo: () => apply(before), redo: () => apply(after) })
}

export function recordChange({ label, isDrag, musicId, undo, redo }: Change): void {
  undoHistory.add({
    label,
    undo,
    redo,
    isPossible: () => songs.value.has(musicId),
    ...(isDrag ? { mergeKey: `${label} of song ${musicId}` } : {}),
  })
}

/** What differs between two mixes: one thing of one track, a preset, or the mix as a whole. */
function describeMix(music: Music, before: Mix, after: Mix): { label: string; isDrag: boolean } {
  const preset = mixesOf(music).find(({ mix }) => isSameMix(mix, after))
  const changed = music.tracks.flatMap(({ track_id, name }) => [
    ...((before.decibels[track_id] ?? 0) !== (after.decibels[track_id] ?? 0) ? [`loudness of ${name}`] : []),
    ...((before.pan[track_id] ?? 0) !== (after.pan[track_id] ?? 0) ? [`balance of ${name}`] : []),
    ...(before.muted.includes(track_id) !== after.muted.includes(track_id) ? [`mute of ${name}`] : []),
    ...(before.solo.includes(track_id) !== after.solo.includes(track_id) ? [`solo of ${name}`] : []),
  ])
  const [only = 'mix'] = changed
  if (changed.length === 1) return { label: only, isDrag: /^(loudness|balance)/.test(only) }
  return { label: preset ? `mix: ${preset.name}` : 'mix', isDrag: false }
}
