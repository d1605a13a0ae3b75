export const SAMPLE_RATE = 44_100

/** Times are in seconds; a level of 1 is full scale. */
export type Hit = { start: number; level: number }
export type Note = Hit & { seconds: number; frequency: number }

const TURN = 2 * Math.PI

/** A drum sound falls from 160 to 48 Hz. */
export function kick(track: Float32Array, { start, level }: Hit): void {
  let phase = 0
  add(track, { start, seconds: 0.45 }, (t) => {
    phase += (TURN * (48 + 112 * Math.exp(-30 * t))) / SAMPLE_RATE
    return level * Math.sin(phase) * Math.exp(-8 * t) * Math.min(1, t / 0.002)
  })
}

export function snare(track: Float32Array, { start, level }: Hit): void {
  const noise = highPassedNoise(0.45)
  add(track, { start, seconds: 0.3 }, (t) => {
    const skin = Math.sin(TURN * 190 * t) * Math.exp(-26 * t)
    return level * (0.8 * noise() * Math.exp(-17 * t) + 0.7 * skin)
  })
}

export function hat(track: Float32Array, { start, level, isOpen }: Hit & { isOpen: boolean }): void {
  const noise = highPassedNoise(0.95)
  add(track, { start, seconds: isOpen ? 0.3 : 0.08 }, (t) => level * noise() * Math.exp((isOpen ? -12 : -55) * t))
}

/** A plucked bass: the higher a harmonic, the sooner it fades. */
export function bass(track: Float32Array, { start, seconds, frequency, level }: Note): void {
  add(track, { start, seconds }, (t) => {
    let sum = 0
    for (let n = 1; n <= 6; n++) sum += (Math.sin(TURN * n * frequency * t) * Math.exp(-1.6 * n * t)) / n
    return level * sum * envelope(t, { seconds, attack: 0.006, release: 0.04 })
  })
}

/** An electric piano, by frequency modulation (Chowning 1973): the tone is bright when struck. */
export function piano(track: Float32Array, { start, seconds, frequency, level }: Note): void {
  add(track, { start, seconds: seconds + 0.15 }, (t) => {
    const brightness = 0.25 + 1.4 * Math.exp(-5 * t)
    const tone = Math.sin(TURN * frequency * t + brightness * Math.sin(TURN * frequency * t))
    const hammer = 0.08 * Math.sin(TURN * 7 * frequency * t) * Math.exp(-25 * t)
    return (
      level *
      (tone + hammer) *
      Math.exp(-1.2 * t) *
      envelope(t, { seconds: seconds + 0.15, attack: 0.004, release: 0.15 })
    )
  })
}

/** From 0 to 1 within `attack` seconds, and back to 0 in the last `release` seconds. */
export function envelope(
  t: number,
  { seconds, attack, release }: { seconds: number; attack: number; release: number },
): number {
  return Math.max(0, Math.min(1, t / attack, (seconds - t) / release))
}

/** Adds a sound, of which `sampleAt` gives the sample at a time after its start. */
export function add(
  track: Float32Array,
  { start, seconds }: { start: number; seconds: number },
  sampleAt: (t: number) => number,
): void {
  const first = Math.round(start * SAMPLE_RATE)
  const end = Math.min(track.length, first + Math.round(seconds * SAMPLE_RATE))
  for (let i = first; i < end; i++) track[i] = (track[i] ?? 0) + sampleAt((i - first) / SAMPLE_RATE)
}

/**
 * White noise without its low part: each sample less a share of the one before. It is the same at every run.
 * @param share from 0 (white) to 1
 */
function highPassedNoise(share: number): () => number {
  let [seed, before] = [1, 0]
  return () => {
    // The generator of Numerical Recipes (Press et al.), modulo 2^32.
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const white = seed / 2 ** 31 - 1
    const sample = white - share * before
    before = white
    return sample / (1 + share)
  }
}
