import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { tokensByTime } from '../../../src/separate/speech/attention.ts'
import { timeWarp } from '../../../src/separate/speech/time-warp.ts'

/** The greatest sum of all ways from the first element to the last, by trying each of them. */
function greatest(matrix: readonly number[][], i = 0, j = 0): number {
  const own = matrix[i]?.[j]
  if (own === undefined) return Number.NEGATIVE_INFINITY
  if (i === matrix.length - 1 && j === (matrix[0]?.length ?? 0) - 1) return own
  return own + Math.max(greatest(matrix, i + 1, j + 1), greatest(matrix, i + 1, j), greatest(matrix, i, j + 1))
}

/** The greatest sum of the ways on which the rows begin at given columns. */
function alongFirsts(matrix: readonly number[][], firsts: Int32Array): number {
  const columns = matrix[0]?.length ?? 0
  let sum = 0
  for (const [i, row] of matrix.entries()) {
    const from = firsts[i] ?? 0
    const next = firsts[i + 1] ?? columns
    // The next row begins below this one, or one column to the right of it.
    const withLast = row.slice(from, Math.max(from + 1, next + 1)).reduce((a, b) => a + b, 0)
    const withoutLast = row.slice(from, Math.max(from + 1, next)).reduce((a, b) => a + b, 0)
    sum += i === matrix.length - 1 ? row.slice(from).reduce((a, b) => a + b, 0) : Math.max(withLast, withoutLast)
  }
  return sum
}

describe('the way of words through time', () => {
  test('is the best of all ways', () => {
    const size = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
    const matrices = size.chain(([rows, columns]) => {
      const row = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: columns, maxLength: columns })
      return fc.array(row, { minLength: rows, maxLength: rows })
    })
    fc.assert(
      fc.property(matrices, (matrix) => {
        const firsts = timeWarp(Float32Array.from(matrix.flat()), matrix.length, matrix[0]?.length ?? 0)
        assert.equal(alongFirsts(matrix, firsts), greatest(matrix))
      }),
    )
  })

  test('leads every token to where the heads listen to it, also if one head looks elsewhere', () => {
    const [tokens, places, heard] = [4, 60, 40]
    const attention = new Float32Array(3 * tokens * places)
    for (let head = 0; head < 3; head++) {
      for (let token = 0; token < tokens; token++) {
        for (let place = 0; place < places; place++) {
          const centre = head === 2 ? 20 : 5 + 10 * token
          attention[(head * tokens + token) * places + place] = Math.exp(-((place - centre) ** 2) / 20)
        }
      }
    }
    const byTime = tokensByTime({ attention, heads: 3, tokens, places, heard })
    const firsts = timeWarp(byTime, tokens, heard)
    assert.equal(firsts[0], 0)
    for (let token = 1; token < tokens; token++)
      assert.ok(Math.abs((firsts[token] ?? 0) - 10 * token) <= 3, `token ${token} begins at ${firsts[token]}`)
  })
})
