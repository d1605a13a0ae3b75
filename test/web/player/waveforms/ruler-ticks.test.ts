import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rulerTicks } from '../../../../web/src/player/waveforms/ruler-ticks.ts'

const RATE = 44_100

describe('The ticks of the ruler', () => {
  const ticks = (from: number, to: number, width = 800) => rulerTicks({ start: from * RATE, end: to * RATE }, width)
  const labels = (from: number, to: number, width = 800) => ticks(from, to, width).flatMap(({ label }) => label ?? [])

  test('go from minutes to hundredths of a second with the zoom', () => {
    const table: [number, number, string[]][] = [
      [0, 3_600, ['0:00', '5:00', '10:00']],
      [0, 180, ['0:00', '0:20', '0:40']],
      [60, 70, ['1:00', '1:01', '1:02']],
      [83, 84, ['1:23.0', '1:23.1', '1:23.2']],
      [83.4, 83.5, ['1:23.40', '1:23.41', '1:23.42']],
      [3_599.9, 3_600.1, ['59:59.90', '59:59.92', '59:59.94']],
    ]
    for (const [from, to, expected] of table)
      assert.deepEqual(labels(from, to).slice(0, 3), expected, `${from} to ${to}`)
  })

  test('stand where their time is, also in the midst of a song', () => {
    const tick = ticks(10.25, 18.25).find(({ label }) => label === '0:13')
    assert.ok(Math.abs((tick?.x ?? 0) - 275) < 1e-6, `${tick?.x}`)
  })

  test('leave room for their labels at any zoom and width', () => {
    for (const width of [1, 90, 320, 1_920]) {
      for (let seconds = 0.05; seconds < 20_000; seconds *= 1.3) {
        const labelled = ticks(7.3, 7.3 + seconds, width).filter(({ label }) => label !== null)
        for (const [i, { x }] of labelled.entries()) {
          const before = labelled[i - 1]
          assert.ok(!before || seconds > 8_000 || x - before.x >= 63.9, `${seconds} s in ${width} px`)
          assert.ok(x >= -0.01 && x <= width)
        }
      }
    }
  })

  test('are none where there is no width yet', () => assert.deepEqual(ticks(0, 60, 0), []))
})
