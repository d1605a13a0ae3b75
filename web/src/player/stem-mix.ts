import type { StemMix } from '../../../src/song/practice-settings.ts'
import type { Music } from '../server/api.ts'
import type { Mix } from './mix.ts'

/** A mix by the ids of a song's tracks, from one by the names of stems. Stems that the song does not have are left out. */
export function mixOfStems({ tracks }: Music, { gains, muted, solo, pan }: StemMix): Mix {
  const idsOf = (names: readonly string[]) =>
    tracks.flatMap(({ name, track_id }) => (names.includes(name) ? [track_id] : []))
  const byId = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(tracks.flatMap(({ name, track_id }) => (values[name] ? [[track_id, values[name]]] : [])))
  return { muted: idsOf(muted), solo: idsOf(solo), decibels: byId(gains), pan: byId(pan) }
}

/** The inverse of `mixOfStems`. Gains of 0 dB and stems in the middle are left out. */
export function stemsOfMix({ tracks }: Music, { muted, solo, decibels, pan }: Mix): StemMix {
  const namesOf = (ids: readonly number[]) =>
    tracks.flatMap(({ name, track_id }) => (ids.includes(track_id) ? [name] : []))
  const byName = (values: Readonly<Record<number, number>>) =>
    Object.fromEntries(tracks.flatMap(({ name, track_id }) => (values[track_id] ? [[name, values[track_id]]] : [])))
  return { muted: namesOf(muted), solo: namesOf(solo), gains: byName(decibels), pan: byName(pan) }
}
