import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gapsOf, separatedParts } from '../../../../web/src/player/waveforms/separated-parts.ts'

describe('The separated parts of a song', () => {
  const segments = (['final', 'final', 'claimed', 'final', 'expected'] as const).map((state, index) => {
    return { music_id: 1, index, startSample: 10 * index, samples: 10, state, worker: null, attempt: 1, version: 1 }
  })

  test('are those of its final segments, and neighbours are one part', () => {
    assert.deepEqual(separatedParts(segments), [
      { start: 0, end: 20 },
      { start: 30, end: 40 },
    ])
  })

  test('leave the gaps that are still to be separated, in the view', () => {
    const parts = separatedParts(segments)
    const table = [
      [
        { start: 0, end: 60 },
        [
          { start: 20, end: 30 },
          { start: 40, end: 60 },
        ],
      ],
      [{ start: 5, end: 15 }, []],
      [{ start: 22, end: 28 }, [{ start: 22, end: 28 }]],
      [{ start: 35, end: 45 }, [{ start: 40, end: 45 }]],
    ] as const
    for (const [view, gaps] of table) assert.deepEqual(gapsOf(parts, view), gaps)
    assert.deepEqual(gapsOf([], { start: 1, end: 2 }), [{ start: 1, end: 2 }])
  })
})
