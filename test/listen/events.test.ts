import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { EventStream, type ServerEvent } from '../../src/listen/events.ts'
import { until } from '../support/wait.ts'

const event = (data: unknown, songId: number | null = null): ServerEvent => ({ type: 'song', songId, data })

describe('the stream of events', () => {
  let events: EventStream
  let server: Server
  let presents = 0

  beforeEach(async () => {
    presents = 0
    events = new EventStream()
    server = createServer((request, response) => {
      const lastEventId = request.headers['last-event-id']
      const songId = new URL(request.url ?? '', 'http://localhost').searchParams.get('song')
      events.add({
        response,
        songId: songId === null ? null : Number(songId),
        lastEventId: lastEventId === undefined ? null : Number(lastEventId),
        present() {
          presents++
          return [event('present')]
        },
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    mock.timers.reset()
    events.close()
    server.close()
  })

  /** A page that listens: what it heard, with the ids. */
  async function listen({ lastEventId, song }: { lastEventId?: string; song?: number } = {}) {
    const leaving = new AbortController()
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/${song === undefined ? '' : `?song=${song}`}`, {
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      signal: leaving.signal,
    })
    let text = ''
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
    })().catch(() => undefined)
    const heard = () => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''))
    return {
      heard,
      hears: (...wanted: unknown[]) =>
        until(`it hears ${wanted}`, () => JSON.stringify(heard()) === JSON.stringify(wanted), { timeoutMs: 5_000 }),
      lastId: () => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
      async leave() {
        leaving.abort()
        await reading
        // The server has noticed when nobody is connected any more.
        const count = () => new Promise<number>((resolve) => server.getConnections((_, open) => resolve(open)))
        await until('it is gone', async () => (await count()) === 0)
      },
    }
  }

  test('tells a new listener the present state, then what changes', async () => {
    const page = await listen()
    await page.hears('present')
    events.tell(() => event('one'))
    events.tell(() => undefined)
    events.tell(() => event('two'))
    await page.hears('present', 'one', 'two')
  })

  test('tells a listener of one song nothing of the others', async () => {
    const page = await listen({ song: 1 })
    events.tell(() => event('other', 2))
    events.tell(() => event('own', 1))
    events.tell(() => event('all'))
    await page.hears('present', 'own', 'all')
  })

  test('gives one that comes back what it has missed, and no more', async () => {
    const page = await listen()
    events.tell(() => event('seen'))
    await page.hears('present', 'seen')
    await page.leave()
    events.tell(() => event('missed'))
    const again = await listen({ lastEventId: page.lastId() })
    await again.hears('missed')
    assert.equal(presents, 1)
  })

  test('puts nothing into words while nobody hears it', () => {
    events.tell(() => assert.fail('nobody was there'))
  })

  test('gives one that was away for long the present state, though nothing was kept for it', async () => {
    const page = await listen()
    events.tell(() => event('seen'))
    await page.hears('present', 'seen')
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    await page.leave()
    mock.timers.tick(61_000)
    events.tell(() => assert.fail('nobody was there'))
    const again = await listen({ lastEventId: page.lastId() })
    await again.hears('present')
    events.tell(() => event('new'))
    await again.hears('present', 'new')
  })
})
