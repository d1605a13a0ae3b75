import { TASK_SAMPLE_RATE } from '../../song/lyrics-task.ts'

/*
 * The log-mel spectrogram of Whisper (Radford et al., 2022): frames of 25 ms every 10 ms, 80 mel bands between 0 and 8 kHz on
 * Slaney's scale. Every value is limited to 8 (80 dB) below the loudest and mapped to about -1 … 1.
 */
export const MEL_BANDS = 80
/** The network hears exactly 30 s. Shorter sound is followed by silence. */
export const FRAMES = 3_000
/** The samples between two frames: 10 ms. */
export const HOP = 160

const FRAME_SIZE = 400
const BINS = FRAME_SIZE / 2 + 1
const RANGE = 8
const FLOOR = 1e-10

/**
 * @param samples mono, 16 kHz, from -1 to 1, at most 30 s
 * @returns [MEL_BANDS, FRAMES], row by row
 */
export function melSpectrogram(samples: Float32Array): Float32Array {
  const padded = padded30s(samples)
  const mel = new Float32Array(MEL_BANDS * FRAMES)
  const power = new Float64Array(2 * BINS)
  for (let frame = 0; frame < FRAMES; frame += 2) {
    powerOfTwoFrames(padded, frame * HOP, power)
    for (let band = 0; band < MEL_BANDS; band++) {
      for (const second of [0, 1]) {
        const energy = bandEnergy(power, second * BINS, FILTERS[band] as Filter)
        mel[band * FRAMES + frame + second] = Math.log10(Math.max(FLOOR, energy))
      }
    }
  }
  let most = Number.NEGATIVE_INFINITY
  for (const value of mel) most = Math.max(most, value)
  for (let i = 0; i < mel.length; i++) mel[i] = (Math.max(mel[i] ?? 0, most - RANGE) + 4) / 4
  return mel
}

/** The first frame is centred on the first sample, with the sound mirrored before it. */
function padded30s(samples: Float32Array): Float32Array {
  const half = FRAME_SIZE / 2
  const padded = new Float32Array(FRAMES * HOP + FRAME_SIZE)
  padded.set(samples.subarray(0, FRAMES * HOP), half)
  for (let i = 1; i <= half; i++) {
    padded[half - i] = padded[half + i] ?? 0
    padded[half + FRAMES * HOP - 1 + i] = padded[half + FRAMES * HOP - 1 - i] ?? 0
  }
  return padded
}

/** A mel band: its weights from bin `first` on. */
type Filter = { first: number; weights: Float64Array }

function bandEnergy(power: Float64Array, offset: number, { first, weights }: Filter): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (power[offset + first + i] ?? 0)
  return sum
}

const FILTERS = melFilters()

/** Triangles between neighbouring mel frequencies, each of area 1 (Slaney, Auditory Toolbox, 1998). */
function melFilters(): Filter[] {
  const top = hertzToMel(TASK_SAMPLE_RATE / 2)
  const edges = [...Array(MEL_BANDS + 2).keys()].map((i) => melToHertz((top * i) / (MEL_BANDS + 1)))
  const binHertz = TASK_SAMPLE_RATE / FRAME_SIZE
  return [...Array(MEL_BANDS).keys()].map((band) => {
    const [low, middle, high] = edges.slice(band, band + 3) as [number, number, number]
    const all = [...Array(BINS).keys()].map((bin) => {
      const hertz = bin * binHertz
      const height = Math.max(0, Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle)))
      return (height * 2) / (high - low)
    })
    const first = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    )
    const end = all.findLastIndex((weight) => weight > 0) + 1
    return { first, weights: Float64Array.from(all.slice(first, end)) }
  })
}

/** Linear below 1 kHz, logarithmic above. */
function hertzToMel(hertz: number): number {
  return hertz < 1_000 ? (3 * hertz) / 200 : 15 + (27 * Math.log(hertz / 1_000)) / Math.log(6.4)
}

function melToHertz(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1_000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27)
}

const WINDOW = Float64Array.from({ length: FRAME_SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME_SIZE))
/** 400 = 16 × 25: sixteen transforms of 25 points, then 25 of 16 points (Cooley and Tukey, 1965). */
const [OUTER, INNER] = [16, 25] as const
const TWIDDLES = turnsOf(FRAME_SIZE, OUTER, INNER)
const INNER_TURNS = turnsOf(INNER, INNER, INNER)
const OUTER_TURNS = turnsOf(OUTER, OUTER, OUTER)
const inRe = new Float64Array(FRAME_SIZE)
const inIm = new Float64Array(FRAME_SIZE)
const midRe = new Float64Array(FRAME_SIZE)
const midIm = new Float64Array(FRAME_SIZE)
const outRe = new Float64Array(FRAME_SIZE)
const outIm = new Float64Array(FRAME_SIZE)

/**
 * The power of each bin of two neighbouring frames: the real part of one transform is the first frame, the imaginary part the
 * second.
 * @param into the bins of the first frame, then those of the second
 */
function powerOfTwoFrames(samples: Float32Array, start: number, into: Float64Array): void {
  for (let i = 0; i < FRAME_SIZE; i++) {
    inRe[i] = (samples[start + i] ?? 0) * (WINDOW[i] ?? 0)
    inIm[i] = (samples[start + HOP + i] ?? 0) * (WINDOW[i] ?? 0)
  }
  transform()
  for (let bin = 0; bin < BINS; bin++) {
    const other = bin === 0 ? 0 : FRAME_SIZE - bin
    const [re, im, otherRe, otherIm] = [outRe[bin] ?? 0, outIm[bin] ?? 0, outRe[other] ?? 0, outIm[other] ?? 0]
    into[bin] = ((re + otherRe) ** 2 + (im - otherIm) ** 2) / 4
    into[BINS + bin] = ((im + otherIm) ** 2 + (otherRe - re) ** 2) / 4
  }
}

/** inRe, inIm → outRe, outIm. */
function transform(): void {
  for (let outer = 0; outer < OUTER; outer++) {
    for (let k = 0; k < INNER; k++) {
      let re = 0
      let im = 0
      for (let i = 0, from = outer, at = k * INNER; i < INNER; i++, from += OUTER, at++) {
        const x = inRe[from] as number
        const y = inIm[from] as number
        const cos = INNER_TURNS.cos[at] as number
        const sin = INNER_TURNS.sin[at] as number
        re += x * cos - y * sin
        im += x * sin + y * cos
      }
      const at = outer * INNER + k
      const [cos, sin] = [TWIDDLES.cos[at] as number, TWIDDLES.sin[at] as number]
      midRe[at] = re * cos - im * sin
      midIm[at] = re * sin + im * cos
    }
  }
  for (let k = 0; k < INNER; k++) {
    for (let j = 0; j < OUTER; j++) {
      let re = 0
      let im = 0
      for (let outer = 0, from = k, at = j * OUTER; outer < OUTER; outer++, from += INNER, at++) {
        const x = midRe[from] as number
        const y = midIm[from] as number
        const cos = OUTER_TURNS.cos[at] as number
        const sin = OUTER_TURNS.sin[at] as number
        re += x * cos - y * sin
        im += x * sin + y * cos
      }
      outRe[k + INNER * j] = re
      outIm[k + INNER * j] = im
    }
  }
}

/** Cosine and sine of −2π·row·column / size, row by row. */
function turnsOf(size: number, rows: number, columns: number): { cos: Float64Array; sin: Float64Array } {
  const angle = (_: unknown, at: number) => (-2 * Math.PI * (Math.floor(at / columns) * (at % columns))) / size
  const angles = Float64Array.from({ length: rows * columns }, angle)
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) }
}
