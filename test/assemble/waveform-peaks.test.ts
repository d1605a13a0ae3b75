import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { binPeaks, peaksOf } from '../../src/assemble/waveform-peaks.ts'
import { peaksPerBlock } from '../../src/song/peaks-per-block.ts'

describe('the waveform of a stem', () => {
  const strideSamples = 8_000
  /** Eight peaks, each of a thousand samples. */
  const count = peaksPerBlock({ strideSamples })

  test('the waveform has a peak where either channel has one, and is 0 in silence', () => {
    const block = new Int16Array(strideSamples * 2)
    block[2 * 2_500] = -32_768
    block[2 * 7_999 + 1] = 16_384
    block[2 * 4_000] = 1
    const peaks = peaksOf(block, { strideSamples })
    assert.equal(peaks[2], 255)
    assert.equal(peaks[7], 128)
    assert.equal(peaks[4], 1, 'the faintest sound is not silence')
    assert.equal(peaks.filter((peak) => peak > 0).length, 3)
  })

  test('the waveform of a shorter last block ends with the block', () => {
    const peaks = peaksOf(new Int16Array(2 * 4_500).fill(-32_768), { strideSamples })
    assert.equal(peaks.filter((peak) => peak === 255).length, 5)
    assert.equal(peaks.length, count)
  })

  test('the waveform has the requested number of bins, each as high as its highest peak', () => {
    const peaks = Uint8Array.from([1, 9, 2, 3, 0, 4])
    assert.deepEqual(binPeaks(peaks, { from: 0, to: 6, bins: 3 }), [9, 3, 4])
    assert.deepEqual(binPeaks(peaks, { from: 0, to: 6, bins: 1 }), [9])
    assert.deepEqual(binPeaks(peaks, { from: 0, to: 12, bins: 4 }), [9, 4, 0, 0], 'what is not separated yet is flat')
    assert.deepEqual(binPeaks(peaks, { from: 0, to: 3, bins: 6 }), [1, 1, 9, 9, 2, 2], 'more bins than peaks')
    assert.deepEqual(binPeaks(peaks, { from: 1, to: 3, bins: 2 }), [9, 2], 'a part of the song')
  })
})
