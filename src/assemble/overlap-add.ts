import { BYTES_PER_STEREO_SAMPLE, CHANNELS, clip, HIGHEST, LOWEST } from '../song/pcm.ts'
import { computedStems } from '../song/plan.ts'
import { blockOf, type Grid } from '../song/segment.ts'

const NO_TAIL = new Float32Array(0)

/** The stems of a model. The network computes all but `rest`, which is the song minus the others. */
export type StemPlan = { stems: readonly string[]; rest: string }

/**
 * Makes one block final: adds the two partial sums that overlap in it, rounds once, and computes the rest as the song minus
 * the other stems. So **the stems add up to the decoded song at every sample, exactly**. If the rest would exceed 16 bits,
 * the overflow is added back to the other stems. They always have room for it, because the song itself fits.
 *
 * The sum of two float32 numbers does not depend on their order, so the result does not depend on which partial sum came
 * first.
 *
 * @param song the decoded block, 16-bit stereo, interleaved
 * @param tails the tails of the previous segment, which extend into this block, one array per computed stem; null for the
 *   first block
 * @param own the partial sums of this segment from the block's first sample on, one array per computed stem
 * @returns one array per stem, in the order of `plan.stems`, each as long as `song`
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
    const stem = computed[computedStems(plan).indexOf(name)]
    if (!stem) throw new Error(`The separator returned ${own.length} stems, not '${name}' among them.`)
    return stem
  })
}

// Each loop over samples is a function of its own, so that V8 compiles it without captured variables.

function addRounded(sum: Int16Array, body: Float32Array, tail: Float32Array): void {
  const headLength = Math.min(tail.length, sum.length)
  for (let i = 0; i < headLength; i++) sum[i] = toSixteenBits((body[i] ?? 0) + (tail[i] ?? 0))
  for (let i = headLength; i < sum.length; i++) sum[i] = toSixteenBits(body[i] ?? 0)
}

/** Computes song − others, clipped. Adds what was clipped away back to the others. */
function subtract(song: Int16Array, others: readonly Int16Array[]): Int16Array {
  const left = new Int32Array(song)
  for (const other of others) subtractFrom(left, other)
  const rest = new Int16Array(song.length)
  for (
    let from = copyUntilOverflow(left, rest, 0);
    from < left.length;
    from = copyUntilOverflow(left, rest, from + 1)
  ) {
    rest[from] = distributeOverflow(left[from] ?? 0, others, from)
  }
  return rest
}

function subtractFrom(left: Int32Array, other: Int16Array): void {
  for (let i = 0; i < left.length; i++) left[i] = (left[i] ?? 0) - (other[i] ?? 0)
}

/**
 * Copies values until one exceeds 16 bits.
 * @returns its index, or the length if all fit
 */
function copyUntilOverflow(left: Int32Array, rest: Int16Array, from: number): number {
  for (let i = from; i < left.length; i++) {
    const value = left[i] ?? 0
    if (value > HIGHEST || value < LOWEST) return i
    rest[i] = value
  }
  return left.length
}

/** Clips `left` to 16 bits and distributes the overflow over the others at position i, as far as each has room. */
function distributeOverflow(left: number, others: readonly Int16Array[], i: number): number {
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

/** Rounds half up like Math.round, and clips. */
function toSixteenBits(value: number): number {
  return clip(Math.floor(value + 0.5))
}

/** The byte range of a block in the PCM of a song or stem. */
export function blockBytes(grid: Grid, index: number, songSamples: number): { start: number; length: number } {
  const { startSample, samples } = blockOf(grid, index, songSamples)
  return { start: startSample * BYTES_PER_STEREO_SAMPLE, length: samples * BYTES_PER_STEREO_SAMPLE }
}

/** The tails of partial sums: what extends into the next block. */
export function tailsOf(grid: Grid, partials: readonly Float32Array[]): Float32Array[] {
  return partials.map((sums) => sums.subarray(grid.strideSamples * CHANNELS))
}
