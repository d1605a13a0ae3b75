import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { jsonArray } from '../../../src/listen/events/json-array.ts'

describe('A streamed JSON array', () => {
  const textOf = async (items: Iterable<number>) =>
    (await jsonArray(items, (item) => (item === 0 ? undefined : String(item))).toArray()).join('')

  test('contains its items, without those whose text is undefined', async () => {
    assert.equal(await textOf([]), '[]')
    assert.equal(await textOf([1]), '[1]')
    assert.equal(await textOf([0, 1, 0, 2, 0]), '[1,2]')
    const many = Array.from({ length: 20_000 }, (_, index) => index + 1)
    assert.deepEqual(JSON.parse(await textOf(many)), many)
  })

  test('makes only the items that are read', async () => {
    let taken = 0
    function* endless(): Generator<number> {
      for (;;) yield ++taken
    }
    const stream = jsonArray(endless(), () => 'x'.repeat(1_000))
    await once(stream, 'readable')
    stream.read(1)
    assert.ok(taken < 1_000, `${taken} items`)
    stream.destroy()
  })
})
