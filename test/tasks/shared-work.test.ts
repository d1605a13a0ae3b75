import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../src/song/errors.ts'
import { SharedWork } from '../../src/tasks/shared-work.ts'

/** Shared work that ends when the test says so. */
function stage({
  maxWeight = 100,
  concurrency = 2,
  isKept = true,
}: {
  maxWeight?: number
  concurrency?: number
  isKept?: boolean
} = {}) {
  const shared = new SharedWork<string>({
    what: 'things',
    concurrency,
    maxWeight,
    weigh: isKept ? ({ length }) => length : null,
  })
  const begun: string[] = []
  const aborted: string[] = []
  const ends = new Map<string, PromiseWithResolvers<string>>()
  return {
    begun,
    aborted,
    end: (key: string, result: string) => ends.get(key)?.resolve(result),
    fail: (key: string) => ends.get(key)?.reject(new Error(`${key} failed`)),
    close: () => shared.close(),
    ask(key: string, { weight = 10, signal = new AbortController().signal } = {}) {
      const work = (stop: AbortSignal): Promise<string> => {
        begun.push(key)
        const end = Promise.withResolvers<string>()
        ends.set(key, end)
        stop.addEventListener('abort', () => {
          aborted.push(key)
          end.reject(stop.reason)
        })
        return end.promise
      }
      return shared.get({ key, weight, signal, work })
    },
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const isBusy = (error: unknown) => error instanceof UserError && error.code === 'busy' && error.retryAfterSeconds === 1

describe('shared work', () => {
  test('work is done once for all requests with the same key, and not again while its result is cached', async () => {
    const { ask, begun, end } = stage()
    const asked = Array.from({ length: 100 }, () => ask('a'))
    await turn()
    end('a', 'sound')
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(['sound']))
    assert.equal(await ask('a'), 'sound')
    assert.deepEqual(begun, ['a'])
  })

  test('a limited number of keys run at once, in the order of their requests', async () => {
    const { ask, begun, end } = stage({ concurrency: 2 })
    const asked = ['a', 'b', 'c'].map((key) => ask(key))
    await turn()
    assert.deepEqual(begun, ['a', 'b'])
    end('a', '1')
    await asked[0]
    assert.deepEqual(begun, ['a', 'b', 'c'])
    for (const key of ['b', 'c']) end(key, key)
    await Promise.all(asked)
  })

  test('work beyond the total weight is refused with Retry-After, and accepted when there is room again', async () => {
    const { ask, end } = stage({ maxWeight: 25 })
    const two = [ask('a'), ask('b')]
    await assert.rejects(ask('c'), isBusy)
    const shared = ask('a')
    await turn()
    end('a', 'x')
    end('b', 'y')
    assert.deepEqual(await Promise.all([...two, shared]), ['x', 'y', 'x'])
    const third = ask('c')
    await turn()
    end('c', 'z')
    assert.equal(await third, 'z')
  })

  test('the least recently used result is evicted, but never one that is still being sent', async () => {
    const { ask, begun, end } = stage({ maxWeight: 30 })
    const sending = new AbortController()
    const sent = new AbortController()
    for (const [key, reader] of [['a', sending] as const, ['b', sent] as const]) {
      const asked = ask(key, { signal: reader.signal })
      await turn()
      end(key, 'x'.repeat(10))
      await asked
    }
    sent.abort()
    const third = ask('c', { weight: 20 })
    await turn()
    end('c', 'x'.repeat(10))
    await third
    await ask('a')
    assert.deepEqual(begun, ['a', 'b', 'c'], 'a is still kept')
    await assert.rejects(ask('d', { weight: 20 }), isBusy, 'a is still being sent')
  })

  test('work is aborted when all its requests are gone, and begins again for a later request', async () => {
    const { ask, begun, aborted, end } = stage()
    const [one, other] = [new AbortController(), new AbortController()]
    const asked = [one, other].map(({ signal }) => ask('a', { signal }))
    const refused = asked.map((each) => assert.rejects(each, { code: 'broken-off' }))
    await turn()
    one.abort()
    assert.deepEqual(aborted, [])
    other.abort()
    assert.deepEqual(aborted, ['a'])
    await Promise.all(refused)
    const again = ask('a')
    await turn()
    end('a', 'x')
    assert.equal(await again, 'x')
    assert.deepEqual(begun, ['a', 'a'])
  })

  test('work never begins if its requests are gone before its turn', async () => {
    const { ask, begun, end } = stage({ concurrency: 1 })
    const first = ask('a')
    const gone = new AbortController()
    const second = assert.rejects(ask('b', { signal: gone.signal }), { code: 'broken-off' })
    gone.abort()
    await turn()
    end('a', 'x')
    await Promise.all([first, second])
    await turn()
    assert.deepEqual(begun, ['a'])
  })

  test('work that failed is tried again for the next request', async () => {
    const { ask, end, fail } = stage()
    const first = assert.rejects(ask('a'), /a failed/)
    await turn()
    fail('a')
    await first
    const second = ask('a')
    await turn()
    end('a', 'x')
    assert.equal(await second, 'x')
  })

  test('work is done again for each request if results are not cached', async () => {
    const { ask, begun, end } = stage({ isKept: false })
    for (let i = 0; i < 2; i++) {
      const asked = ask('a')
      await turn()
      end('a', 'x')
      await asked
    }
    assert.deepEqual(begun, ['a', 'a'])
  })

  test('all work is aborted when the server stops', async () => {
    const { ask, aborted, close } = stage()
    const asked = assert.rejects(ask('a'), { code: 'broken-off' })
    await turn()
    await close()
    assert.deepEqual(aborted, ['a'])
    await asked
  })
})
