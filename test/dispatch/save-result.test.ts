import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { saveResult } from '../../src/dispatch/save-result.ts'

const VALUES = 64

describe("A worker's result that arrives in any pieces", () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-collect-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 4 * VALUES - 1 }), { maxLength: 20 })
  const resultOf = () => Buffer.from(Float32Array.from({ length: VALUES }, (_, i) => i - VALUES / 2).buffer)

  /** Saves bytes in pieces. Some begin at odd addresses of a larger block, as those of a socket do. */
  function save(bytes: Buffer, at: readonly number[]): Promise<string> {
    const ends = [...at].sort((a, b) => a - b)
    const pieces = [0, ...ends].map((start, i) => {
      const piece = bytes.subarray(start, ends[i] ?? bytes.length)
      return Buffer.concat([Buffer.alloc(i % 4), piece]).subarray(i % 4)
    })
    return saveResult({
      body: Readable.from(pieces),
      path: join(folder, 'result'),
      announcedBytes: bytes.length,
      expectedBytes: 4 * VALUES,
    })
  }

  test('is saved unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const bytes = resultOf()
        assert.equal(await save(bytes, at), createHash('sha256').update(bytes).digest('hex'))
        assert.deepEqual(await readFile(join(folder, 'result')), bytes)
        await rm(join(folder, 'result'))
      }),
      { numRuns: 50 },
    )
  })

  test('is refused for one invalid value, and leaves no file', async () => {
    const hostile = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -1e9)
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 0, max: VALUES - 1 }), hostile, async (at, index, value) => {
        const bytes = resultOf()
        bytes.writeFloatLE(value, 4 * index)
        await assert.rejects(save(bytes, [...new Set([...at, 4 * index + 1])]), {
          code: 'no-sound-values',
        })
        assert.deepEqual(await readdir(folder), [])
      }),
      { numRuns: 200 },
    )
  })
})
