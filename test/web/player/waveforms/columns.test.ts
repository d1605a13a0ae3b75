import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnsOf, type SampleRange, xOf } from '../../../../web/src/player/waveforms/columns.ts'

const NO_PEAKS = { of: { start: 0, end: 1 }, peaks: [] }

describe('The columns of a waveform', () => {
  /** Silence from sample 1,000 on, with a click of one sample in the right channel. */
  function pieceWithClick(at: number): SampleRange {
    const right = new Int16Array(5_000)
    right[at - 1_000] = -16_384
    return { start: 1_000, channels: [new Int16Array(5_000), right] }
  }

  test('show a click at sample n in the column of n at every zoom, and nowhere else', () => {
    const click = 3_217
    for (const [start, end, width] of [
      [1_000, 6_000, 700],
      [3_000, 3_400, 350],
      [3_216.4, 3_390.2, 60],
      [0, 9_000, 333],
    ] as const) {
      const view = { start, end }
      const { low, high } = columnsOf({ view, width, peaks: NO_PEAKS, pieces: [pieceWithClick(click)] })
      const hit = [...low.keys()].filter((x) => (low[x] ?? 0) < 0)
      assert.deepEqual(hit, [Math.floor(xOf(click, view, width) + 1e-9)], `${start} to ${end}`)
      assert.equal(low[hit[0] ?? 0], -0.5)
      assert.ok(high.every((level) => Number.isNaN(level) || level === 0))
    }
  })

  test('show the highest of the peaks that fall into a column', () => {
    const peaks = { of: { start: 0, end: 8 }, peaks: [0, 255, 0, 0, 51, 102, 0, 0] }
    const { low, high } = columnsOf({ view: { start: 0, end: 8 }, width: 4, peaks, pieces: [] })
    assert.deepEqual(
      [...high].map((level) => level.toFixed(1)),
      ['1.0', '0.0', '0.4', '0.0'],
    )
    assert.equal(low[0], -1)
  })

  test('go from one peak to the next without steps where a peak is wider than a column', () => {
    const peaks = { of: { start: 0, end: 4_096 }, peaks: [0, 200, 100, 0] }
    const { high } = columnsOf({ view: { start: 0, end: 4_096 }, width: 400, peaks, pieces: [] })
    for (let x = 1; x < 400; x++) assert.ok(Math.abs((high[x] ?? 0) - (high[x - 1] ?? 0)) < 0.01, `column ${x}`)
    assert.ok(Math.max(...high) > 0.77)
  })

  test('are unknown outside of what was fetched', () => {
    const peaks = { of: { start: 100, end: 200 }, peaks: [10, 10] }
    const { high } = columnsOf({ view: { start: 0, end: 400 }, width: 4, peaks, pieces: [] })
    assert.deepEqual([...high].map(Number.isNaN), [true, false, true, true])
  })
})
