/**
 * Dynamic time warping (Sakoe and Chiba, 1978): the way through a matrix from its first to its last element on which the sum is
 * greatest. Each step leads one row down, one column to the right, or both.
 * @param matrix [rows, columns], row by row
 * @returns the first column of each row on that way
 */
export function timeWarp(matrix: Float32Array, rows: number, columns: number): Int32Array {
  const width = columns + 1
  const steps = new Uint8Array((rows + 1) * width)
  let above = new Float64Array(width).fill(Number.NEGATIVE_INFINITY)
  let row = new Float64Array(width)
  above[0] = 0
  for (let i = 1; i <= rows; i++) {
    row.fill(Number.NEGATIVE_INFINITY)
    for (let j = 1; j <= columns; j++) {
      const [both, down, right] = [above[j - 1] ?? 0, above[j] ?? 0, row[j - 1] ?? 0]
      const best = Math.max(both, down, right)
      steps[i * width + j] = best === both ? BOTH : best === down ? DOWN : RIGHT
      row[j] = best + (matrix[(i - 1) * columns + j - 1] ?? 0)
    }
    ;[above, row] = [row, above]
  }
  const firsts = new Int32Array(rows)
  for (let [i, j] = [rows, columns]; i > 0 && j > 0; ) {
    firsts[i - 1] = j - 1
    const step = steps[i * width + j]
    if (step !== RIGHT) i--
    if (step !== DOWN) j--
  }
  return firsts
}

const [BOTH, DOWN, RIGHT] = [0, 1, 2] as const
