import { signal } from '@preact/signals'
import { songStorage } from '../browser-storage.ts'
import type { Music, Progress } from '../server/api.ts'
import type { Command } from './mixer.ts'

/** The mix of a song, by track id. @property pan the balance of a track: -1 is left, 0 the middle, 1 right */
export type Mix = {
  muted: readonly number[]
  solo: readonly number[]
  decibels: Readonly<Record<number, number>>
  pan: Readonly<Record<number, number>>
}

/** The lowest place of a fader. It means silence. */
export const MIN_DB = -40
const GUIDE_DB = -12

const storage = songStorage<Omit<Mix, 'pan'> & Partial<Mix>>('mix')
const mixes = signal<ReadonlyMap<number, Mix>>(new Map())

/** The mix as it was last set in this browser; otherwise all tracks that are kept in the mix on the server. */
export function mixOf({ music_id, tracks }: Music, progress: Progress | null): Mix {
  const known = mixes.value.get(music_id) ?? storage.get(music_id)
  // A browser may still hold mixes of a page that knew no balance.
  if (known) return { ...known, pan: known.pan ?? {} }
  const kept = progress?.tracks ?? []
  const muted = kept.length > 0 ? tracks.filter(({ track_id }) => !kept.includes(track_id)) : []
  return { muted: muted.map(({ track_id }) => track_id), solo: [], decibels: {}, pan: {} }
}

export function setMix(musicId: number, mix: Mix): void {
  mixes.value = new Map(mixes.value).set(musicId, mix)
  storage.set(musicId, mix)
}

/** The gain of every track, in the song's order. */
export function gainsOf({ tracks }: Music, { muted, solo, decibels }: Mix): number[] {
  return tracks.map(({ track_id }) => {
    const isHeard = solo.length > 0 ? solo.includes(track_id) : !muted.includes(track_id)
    const db = decibels[track_id] ?? 0
    return isHeard && db > MIN_DB ? 10 ** (db / 20) : 0
  })
}

/** The balance of every track, in the song's order. */
export function pansOf({ tracks }: Music, { pan }: Mix): number[] {
  return tracks.map(({ track_id }) => pan[track_id] ?? 0)
}

/** Tells the mixer the mix of a song. */
export function gainsCommand(music: Music, progress: Progress | null): Command {
  const mix = mixOf(music, progress)
  return { kind: 'gains', gains: gainsOf(music, mix), pans: pansOf(music, mix) }
}

/** The most common mixes. */
export function presetsOf({ tracks }: Music): { name: string; mix: Mix }[] {
  const ids = tracks.map(({ track_id }) => track_id)
  const voice = tracks.find(({ name }) => name === 'vocals')
  const flat = { solo: [], decibels: {}, pan: {} }
  const presets = [{ name: 'everything', mix: { muted: [] as number[], ...flat } }]
  for (const { name, track_id } of tracks) presets.push({ name: `minus ${name}`, mix: { muted: [track_id], ...flat } })
  if (!voice) return presets
  return [
    ...presets,
    { name: 'only the voice', mix: { muted: ids.filter((id) => id !== voice.track_id), ...flat } },
    { name: 'guide voice', mix: { muted: [], solo: [], decibels: { [voice.track_id]: GUIDE_DB }, pan: {} } },
  ]
}

/** Adds an id, or removes it if it is there. */
export function toggled(ids: readonly number[], id: number): number[] {
  return ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id]
}

export function isSameMix(a: Mix, b: Mix): boolean {
  const changed = (values: Readonly<Record<number, number>>) =>
    Object.entries(values)
      .filter(([, value]) => value !== 0)
      .sort()
  const text = ({ muted, solo, decibels, pan }: Mix) =>
    JSON.stringify([[...muted].sort(), [...solo].sort(), changed(decibels), changed(pan)])
  return text(a) === text(b)
}
