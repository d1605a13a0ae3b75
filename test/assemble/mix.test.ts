import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { mixStems, sum } from '../../src/assemble/mix.ts'
import { renderMix } from '../../src/assemble/render-mix.ts'
import { samplesOf, WAV_HEADER_BYTES } from '../../src/song/pcm.ts'
import { wavOf } from '../support/songs.ts'

test('a mix that exceeds 16 bits is clipped and does not wrap around', () => {
  const loud = [Int16Array.of(30_000, -30_000), Int16Array.of(30_000, -30_000)]
  assert.deepEqual([...sum(loud, 2)], [32_767, -32_768])
})

describe('a mix of stems', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-mix-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function stem(name: string, samples: Int16Array): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, wavOf(samples))
    return path
  }

  async function mixOf(
    parts: readonly (readonly [samples: readonly number[], decibels: number])[],
    signal = new AbortController().signal,
  ): Promise<number[]> {
    const path = join(folder, 'mix.wav')
    const stems = await Promise.all(
      parts.map(async ([samples, decibels], index) => ({
        path: await stem(`${index}.wav`, Int16Array.from(samples)),
        decibels,
        pan: 0,
      })),
    )
    const samples = (parts[0]?.[0].length ?? 0) / 2
    await renderMix({ pcm: mixStems({ stems, samples, signal }), samples, path })
    return [...samplesOf((await readFile(path)).subarray(WAV_HEADER_BYTES))]
  }

  test('without gains is their sum, to the sample', async () => {
    assert.deepEqual(
      await mixOf([
        [[1, -2, 300, 4], 0],
        [[10, 20, -30, 40], 0],
      ]),
      [11, 18, 270, 44],
    )
  })

  test('with gains is rounded once, after the addition', async () => {
    const half = 20 * Math.log10(0.5)
    assert.deepEqual(
      await mixOf([
        [[1, 3], half],
        [[1, 4], half],
      ]),
      [1, 4],
      'rounded before the addition it would be 2 and 4',
    )
  })

  test('that is louder than 16 bits allow is clipped', async () => {
    assert.deepEqual(await mixOf([[[20_000, -20_000], 12]]), [32_767, -32_768])
  })

  test('is as long as the song, over more than one block', async () => {
    const samples = Array.from({ length: 300_000 }, (_, i) => (i % 1_000) - 500)
    assert.deepEqual(await mixOf([[samples, 0]]), samples)
  })

  test('that is cancelled leaves no file behind', async () => {
    await assert.rejects(mixOf([[[1, 2], 0]], AbortSignal.abort(new Error('the song was deleted'))), /was deleted/)
    assert.deepEqual(await readdir(folder), ['0.wav'])
  })

  test('fails if a stem is shorter than the song, and leaves no file behind', async () => {
    const path = join(folder, 'mix.wav')
    const stems = [{ path: await stem('short.wav', Int16Array.of(1, 2)), decibels: 0, pan: 0 }]
    const pcm = mixStems({ stems, samples: 2, signal: new AbortController().signal })
    await assert.rejects(renderMix({ pcm, samples: 2, path }), /shorter/)
    assert.deepEqual(await readdir(folder), ['short.wav'])
  })
})
