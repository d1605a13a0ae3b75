import { BYTES_PER_STEREO_SAMPLE, CHANNELS, clip, HIGHEST, LOWEST } from '../audio/pcm.ts'
import { blockOf, type Grid } from '../song/segment.ts'

const NO_TAIL = new Float32Array(0)

/** How a model's stems come about: those a network computes, and the one that is whatever is left of the song. */
export type StemPlan = { stems: readonly string[]; rest: string }

/**
 * Makes one block of a song final: adds the two partial sums that meet in it, rounds once, and gives the rest what is
 * left of the song, so that **the stems add up to the decoded song at every sample, exactly**. Where the rest would
 * leave 16 bits, the overflow goes back to the other stems; there is always room, because the song itself fits.
 *
 * The sum of two float32 numbers does not depend on their order, so neither does the result on who was there first.
 *
 * @param song   the decoded block, 16-bit stereo interleaved
 * @param tails  of the segment before, what runs into this block, one array a computed stem; null for the first
 * @param own    of this segment, the partial sums from the block's first sample on, one array a computed stem
 * @returns one array a stem, in the order of `plan.stems`, each as long as `song`
 */
export function finishBlock({
  plan,
  song,
  tails,
  own,
}: {
  plan: StemPlan
  song: Int16Array
  tails: readonly Float32Array[] | null
  own: readonly Float32Array[]
}): Int16Array[] {
  const computed = own.map((body, stem) => {
    const sum = new Int16Array(song.length)
    addRounded(sum, body, tails?.[stem] ?? NO_TAIL)
    return sum
  })
  const rest = subtract(song, computed)
  return plan.stems.map((name) => {
    if (name === plan.rest) return rest
    const stem = computed[plan.stems.filter((other) => other !== plan.rest).indexOf(name)]
    if (!stem) throw new Error(`The separator returned ${own.length} stems, not '${name}' among them.`)
    return stem
  })
}

// Loops over samples are functions of their own: they are compiled once, with nothing to look up outside.

function addRounded(sum: Int16Array, body: Float32Array, tail: Float32Array): void {
  const headLength = Math.min(tail.length, sum.length)
  for (let i = 0; i < headLength; i++) sum[i] = toSixteenBits((body[i] ?? 0) + (tail[i] ?? 0))
  for (let i = headLength; i < sum.length; i++) sum[i] = toSixteenBits(body[i] ?? 0)
}

/** song − the others, clipped; what was clipped away goes back to the others. */
function subtract(song: Int16Array, others: readonly Int16Array[]): Int16Array {
  const left = new Int32Array(song)
  for (const other of others) subtractFrom(left, other)
  const rest = new Int16Array(song.length)
  for (
    let from = copyUntilOverflow(left, rest, 0);
    from < left.length;
    from = copyUntilOverflow(left, rest, from + 1)
  ) {
    rest[from] = giveBack(left[from] ?? 0, others, from)
  }
  return rest
}

function subtractFrom(left: Int32Array, other: Int16Array): void {
  for (let i = 0; i < left.length; i++) left[i] = (left[i] ?? 0) - (other[i] ?? 0)
}

/** Copies until a value leaves 16 bits; returns where, or the length. */
function copyUntilOverflow(left: Int32Array, rest: Int16Array, from: number): number {
  for (let i = from; i < left.length; i++) {
    const value = left[i] ?? 0
    if (value > HIGHEST || value < LOWEST) return i
    rest[i] = value
  }
  return left.length
}

/** Returns `left` clipped to 16 bits, the overflow spread over the others at position i as far as each has room. */
function giveBack(left: number, others: readonly Int16Array[], i: number): number {
  const kept = clip(left)
  let overflow = left - kept
  for (const other of others) {
    const old = other[i] ?? 0
    const raised = clip(old + overflow)
    other[i] = raised
    overflow -= raised - old
  }
  return kept
}

/** Rounds half up, as Math.round, and clips. */
function toSixteenBits(value: number): number {
  return clip(Math.floor(value + 0.5))
}

/** The bytes of a block inside a song's or a stem's PCM. */
export function blockBytes(grid: Grid, index: number, songSamples: number): { start: number; length: number } {
  const { startSample, samples } = blockOf(grid, index, songSamples)
  return { start: startSample * BYTES_PER_STEREO_SAMPLE, length: samples * BYTES_PER_STEREO_SAMPLE }
}

/** The part of partial sums that runs into the next block. */
export function tailsOf(grid: Grid, partials: readonly Float32Array[]): Float32Array[] {
  return partials.map((sums) => sums.subarray(grid.strideSamples * CHANNELS))
}
