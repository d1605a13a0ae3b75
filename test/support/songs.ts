import { wavHeader } from '../../src/audio/wav.ts'
import { bytesOf, SAMPLE_RATE } from '../../src/song/pcm.ts'

/**
 * A generated song: chords, a bass, a beat and a gliding voice with overtones. Its channels differ, and no part of it
 * repeats. Deterministic; 16-bit stereo at 44,100 Hz.
 */
export function makeSong(seconds: number, seed = 1): Int16Array {
  const samples = Math.round(seconds * SAMPLE_RATE)
  const song = new Int16Array(samples * 2)
  const random = randomNumbers(seed)
  let noise = 0
  for (let i = 0; i < samples; i++) {
    const t = i / SAMPLE_RATE
    const beat = t % 0.5
    if (i % 2 === 0) noise = random() - 0.5
    const chord = [220, 277.18, 329.63].reduce(
      (sum, f) => sum + Math.sin(2 * Math.PI * f * (1 + (Math.floor(t / 2) % 3) / 8) * t),
      0,
    )
    const bass = Math.sin(2 * Math.PI * 55 * (1 + (Math.floor(t) % 4) / 6) * t)
    const drum = noise * Math.exp(-beat * 30) + Math.sin(2 * Math.PI * 60 * beat) * Math.exp(-beat * 18)
    const glide = 300 + 120 * Math.sin(0.7 * t + seed) + 5 * Math.sin(2 * Math.PI * 5.5 * t)
    let voice = 0
    for (let overtone = 1; overtone <= 6; overtone++) voice += Math.sin(2 * Math.PI * glide * overtone * t) / overtone
    voice *= Math.max(0, Math.sin(0.9 * t))
    song[2 * i] = 9_000 * (0.25 * chord + 0.6 * bass + 0.9 * drum + 0.5 * voice)
    song[2 * i + 1] = 9_000 * (0.22 * chord + 0.6 * bass - 0.7 * drum + 0.5 * voice)
  }
  return song
}

export function wavOf(song: Int16Array): Buffer {
  return Buffer.concat([wavHeader({ samples: song.length / 2 }), bytesOf(song)])
}

/** mulberry32, a small and fast generator of pseudo-random numbers from 0 to 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
