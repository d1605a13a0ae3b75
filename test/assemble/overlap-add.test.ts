import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { finishBlock, tailsOf } from '../../src/assemble/overlap-add.ts'

const grid = { strideSamples: 8, inputOffsetSamples: -2, inputSamples: 14, tailSamples: 3 }
const plan = { stems: ['vocals', 'drums', 'other'], rest: 'other' }
const sixteenBits = fc.integer({ min: -32_768, max: 32_767 })
const partials = fc.array(
  fc
    .array(fc.float({ noNaN: true, min: -200_000, max: 200_000 }), { minLength: 22, maxLength: 22 })
    .map((values) => Float32Array.from(values)),
  { minLength: 2, maxLength: 2 },
)

test('the stems add up to the song and stay within 16 bits, whatever a network returns', () => {
  fc.assert(
    fc.property(
      fc.array(sixteenBits, { minLength: 2, maxLength: 16 }),
      partials,
      fc.option(partials),
      (values, own, before) => {
        const song = Int16Array.from(values)
        const stems = finishBlock({ plan, song, own, tails: before && tailsOf(grid, before) })
        for (let i = 0; i < song.length; i++)
          assert.equal(
            stems.reduce((total, stem) => total + (stem[i] ?? 0), 0),
            song[i],
          )
      },
    ),
  )
})

test('the tail of the previous segment is added once, at the beginning of the block', () => {
  const before = [new Float32Array(22).fill(10), new Float32Array(22)]
  const own = [new Float32Array(22).fill(0.5), new Float32Array(22)]
  const [vocals] = finishBlock({ plan, song: new Int16Array(16).fill(1_000), own, tails: tailsOf(grid, before) })
  assert.deepEqual([...(vocals ?? [])], [...new Array(6).fill(11), ...new Array(10).fill(1)])
})
