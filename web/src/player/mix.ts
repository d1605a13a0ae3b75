import type { StemMix } from '../../../src/song/practice-settings.ts'
import { stemsToLeaveOut } from '../instrument.ts'
import type { Music } from '../server/api.ts'
import type { SongSettings } from '../settings/song-settings.ts'
import type { Command } from './mixer.ts'
import { mixOfStems } from './stem-mix.ts'

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

/** The mix of a song: the saved one; without it, all stems but those of the user's instrument. */
export function mixOf(music: Music, saved: StemMix | null): Mix {
  if (saved) return mixOfStems(music, saved)
  const leftOut = stemsToLeaveOut(music.tracks.map(({ name }) => name))
  const muted = music.tracks.flatMap(({ name, track_id }) => (leftOut.includes(name) ? [track_id] : []))
  return { muted, solo: [], decibels: {}, pan: {} }
}

/** The mix in which a song is heard. Subscribes to it. */
export function mixInForce(settings: SongSettings, music: Music): Mix {
  return mixOf(music, settings.of(music.music_id).value.mix)
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
export function gainsCommand(music: Music, mix: Mix): Command {
  return { kind: 'gains', gains: gainsOf(music, mix), pans: pansOf(music, mix) }
}

/** Mixes that singers and teachers ask for. */
export function mixesOf({ tracks }: Music): { name: string; mix: Mix }[] {
  const voice = tracks.find(({ name }) => name === 'vocals')
  const flat = { muted: [], solo: [], decibels: {}, pan: {} }
  const all = { name: 'Full mix', mix: flat }
  if (!voice) return [all]
  const others = tracks.flatMap(({ track_id }) => (track_id === voice.track_id ? [] : [track_id]))
  return [
    all,
    { name: 'Only the voice', mix: { ...flat, muted: others } },
    { name: 'Guide voice', mix: { ...flat, decibels: { [voice.track_id]: GUIDE_DB } } },
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
