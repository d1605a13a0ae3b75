import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { SampleBlocks } from '../../../../web/src/player/waveforms/sample-blocks.ts'

describe('The decoded blocks of a view', () => {
  const sources = ['a', 'b', 'c', 'd'].map((url, i) => ({ url, startSample: 10 * i })) as [
    Source,
    Source,
    Source,
    Source,
  ]
  type Source = { url: string; startSample: number }

  /** Decodes at once; what was fetched is in `fetched`. The block "broken" does not come. */
  function open(limit: number) {
    const fetched: string[] = []
    const blocks = new SampleBlocks(limit, async (url) => {
      fetched.push(url)
      if (url === 'broken') throw new Error('404')
      return [new Int16Array([1]), new Int16Array([2])]
    })
    return { blocks, fetched }
  }

  test('are loaded once each, and stand at their place in the song', async () => {
    const { blocks, fetched } = open(4)
    let loads = 0
    for (let i = 0; i < 2; i++) {
      blocks.want(sources.slice(0, 2), () => loads++)
      await setImmediate()
    }
    assert.deepEqual(fetched, ['a', 'b'])
    assert.equal(loads, 2)
    assert.equal(blocks.of(sources[1])?.start, 10)
  })

  test('are kept up to a limit, those that were wanted last', async () => {
    const { blocks } = open(2)
    for (const wanted of [[sources[0]], [sources[1]], [sources[0]], [sources[2]]]) {
      blocks.want(wanted, () => undefined)
      await setImmediate()
    }
    assert.deepEqual(
      sources.map((source) => blocks.of(source) !== undefined),
      [true, false, true, false],
    )
  })

  test('come even if one of them does not', async () => {
    const { blocks, fetched } = open(4)
    blocks.want([{ url: 'broken', startSample: 0 }, sources[3]], () => undefined)
    await setImmediate()
    assert.ok(blocks.of(sources[3]))
    assert.deepEqual(fetched, ['broken', 'd'])
  })
})
