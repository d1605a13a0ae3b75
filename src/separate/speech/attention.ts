const MEDIAN_WIDTH = 7

/**
 * How much each token belongs to each time, from the attention of the heads that follow the words: of every head the shares are
 * normalised over the tokens and smoothed over time, then the heads are averaged (as Whisper's own word times are made).
 * @param attention [heads, tokens, places], the shares of each token over all places
 * @param heard the places that hold sound; those behind are silence that was added
 * @returns [tokens, heard]
 */
export function tokensByTime({
  attention,
  heads,
  tokens,
  places,
  heard,
}: {
  attention: Float32Array
  heads: number
  tokens: number
  places: number
  heard: number
}): Float32Array {
  const mean = new Float32Array(tokens * heard)
  const head = new Float32Array(tokens * heard)
  for (let of = 0; of < heads; of++) {
    for (let token = 0; token < tokens; token++) {
      const start = (of * tokens + token) * places
      const shares = attention.subarray(start, start + heard)
      let sum = 0
      for (const share of shares) sum += share
      for (let i = 0; i < heard; i++) head[token * heard + i] = (shares[i] ?? 0) / Math.max(sum, 1e-12)
    }
    normaliseColumns(head, tokens, heard)
    for (let token = 0; token < tokens; token++) addMedian(head, mean, token * heard, heard)
  }
  for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) / heads
  return mean
}

/** Mean 0 and deviation 1 over the tokens, at each time. */
function normaliseColumns(matrix: Float32Array, rows: number, columns: number): void {
  for (let column = 0; column < columns; column++) {
    let [sum, squares] = [0, 0]
    for (let row = 0; row < rows; row++) {
      const value = matrix[row * columns + column] ?? 0
      sum += value
      squares += value * value
    }
    const mean = sum / rows
    const deviation = Math.sqrt(Math.max(1e-20, squares / rows - mean * mean))
    for (let row = 0; row < rows; row++) {
      const at = row * columns + column
      matrix[at] = ((matrix[at] ?? 0) - mean) / deviation
    }
  }
}

const nearby = new Float32Array(MEDIAN_WIDTH)

/** Adds the running median of one row, mirrored at both ends. */
function addMedian(from: Float32Array, into: Float32Array, start: number, length: number): void {
  const reach = MEDIAN_WIDTH >> 1
  for (let i = 0; i < length; i++) {
    for (let j = -reach; j <= reach; j++) {
      const at = Math.abs(i + j)
      const inside = at < length ? at : 2 * (length - 1) - at
      nearby[j + reach] = from[start + Math.max(0, inside)] ?? 0
    }
    nearby.sort()
    into[start + i] = (into[start + i] ?? 0) + (nearby[reach] ?? 0)
  }
}
