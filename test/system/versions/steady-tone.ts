import { wavOf } from '../../support/songs.ts'

/** A song that compresses well: a square wave with a period of so many samples, a little different in both channels. */
export function steadyTone(seconds: number, period: number): Buffer {
  const song = new Int16Array(2 * seconds * 44_100)
  for (let i = 0; i < song.length; i++) song[i] = (i >> 1) % period < period / 2 ? 4_000 + (i % 2) * 800 : -4_000
  return wavOf(song)
}
