import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VoicePeaks } from '../../../../web/src/lyrics/editor/voice-peaks.ts'
import { until } from '../../../support/wait.ts'

describe('The peaks of the voice', () => {
  test('are asked for once for each part that is shown, and drawn in full height', async () => {
    const asked: number[] = []
    const peaks = new VoicePeaks({
      revision: 1,
      peaks: async ({ startMs, bins }) => {
        asked.push(Math.round(startMs / 1_000))
        return Array.from({ length: bins }, () => 100)
      },
    })
    assert.equal(peaks.at(1_000), 0)
    for (let i = 0; i < 3; i++) peaks.load(-2_000, 30_000)
    await until('both parts have come', () => peaks.loads.value === 2)
    assert.deepEqual(asked, [0, 24])
    assert.equal(peaks.at(1_000), 1)
    assert.equal(peaks.at(60_000), 0)
  })

  test('are asked for again after a failure', async () => {
    let requests = 0
    const peaks = new VoicePeaks({
      revision: 1,
      peaks: async () => {
        if (requests++ === 0) throw new Error('The server cannot be reached.')
        return [255]
      },
    })
    peaks.load(0, 1_000)
    await until('they have come', () => {
      peaks.load(0, 1_000)
      return peaks.loads.value === 1
    })
    assert.equal(requests, 2)
  })
})
