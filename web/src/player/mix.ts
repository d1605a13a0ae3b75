import { signal } from '@preact/signals'
import type { Music, Progress } from '../api.ts'
import { keptPerSong } from './kept.ts'

/** How a song is heard: by track id. */
export type Mix = { muted: readonly number[]; solo: readonly number[]; decibels: Readonly<Record<number, number>> }

/** The lowest place of a fader, which is silence. */
export const LOWEST_DB = -40
const GUIDE_DB = -12

const kept = keptPerSong<Mix>('mix')
const mixes = signal<ReadonlyMap<number, Mix>>(new Map())

/** As it was left here; for a song that is new here, without what was left out when it was added. */
export function mixOf({ music_id, tracks }: Music, progress: Progress | null): Mix {
  const known = mixes.value.get(music_id) ?? kept.get(music_id)
  if (known) return known
  const asked = progress?.tracks ?? []
  const left = asked.length > 0 ? tracks.filter(({ track_id }) => !asked.includes(track_id)) : []
  return { muted: left.map(({ track_id }) => track_id), solo: [], decibels: {} }
}

export function setMix(musicId: number, mix: Mix): void {
  mixes.value = new Map(mixes.value).set(musicId, mix)
  kept.set(musicId, mix)
}

/** Gain of every track, in the song's order. */
export function gainsOf({ tracks }: Music, { muted, solo, decibels }: Mix): number[] {
  return tracks.map(({ track_id }) => {
    const isHeard = solo.length > 0 ? solo.includes(track_id) : !muted.includes(track_id)
    const db = decibels[track_id] ?? 0
    return isHeard && db > LOWEST_DB ? 10 ** (db / 20) : 0
  })
}

/** The mixes people want most. */
export function presetsOf({ tracks }: Music): { name: string; mix: Mix }[] {
  const ids = tracks.map(({ track_id }) => track_id)
  const voice = tracks.find(({ name }) => name === 'vocals')
  const flat = { solo: [], decibels: {} }
  const presets = [{ name: 'everything', mix: { muted: [] as number[], ...flat } }]
  for (const { name, track_id } of tracks) presets.push({ name: `minus ${name}`, mix: { muted: [track_id], ...flat } })
  if (!voice) return presets
  return [
    ...presets,
    { name: 'only the voice', mix: { muted: ids.filter((id) => id !== voice.track_id), ...flat } },
    { name: 'guide voice', mix: { muted: [], solo: [], decibels: { [voice.track_id]: GUIDE_DB } } },
  ]
}

/** The ids without this one, or with it where it was not among them. */
export function toggled(ids: readonly number[], id: number): number[] {
  return ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id]
}

export function isSameMix(a: Mix, b: Mix): boolean {
  const text = ({ muted, solo, decibels }: Mix) =>
    JSON.stringify([
      [...muted].sort(),
      [...solo].sort(),
      Object.entries(decibels)
        .filter(([, db]) => db !== 0)
        .sort(),
    ])
  return text(a) === text(b)
}
