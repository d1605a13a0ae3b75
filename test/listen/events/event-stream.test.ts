import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { eventText } from '../../../src/listen/events/event-log.ts'
import { type Change, EventStream } from '../../../src/listen/events/event-stream.ts'
import type { Music } from '../../../src/listen/schemas.ts'
import { until } from '../../support/wait.ts'

/** The stream passes on any JSON. */
const event = (data: unknown, songId: number | null = null): Change => {
  return { type: 'song', songId, data: () => data as Music }
}
const unheard: Change = { type: 'song', songId: null, data: () => assert.fail('there was no listener') }

describe('The stream of server-sent events', () => {
  let events: EventStream
  let passedMs = 0
  let server: Server
  let presents = 0
  let responses: ServerResponse[]
  let presentState: () => Generator<string>

  beforeEach(async () => {
    presents = 0
    responses = []
    presentState = function* () {
      yield eventText('song', '"present"')
    }
    passedMs = 0
    events = new EventStream(() => passedMs)
    server = createServer((request, response) => {
      const lastEventId = request.headers['last-event-id']
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      const songId = searchParams.get('song')
      const present = () => {
        presents++
        return presentState()
      }
      responses.push(response)
      events.add({
        response,
        songId: songId === null ? null : Number(songId),
        after: lastEventId === undefined ? null : Number(lastEventId),
        present: searchParams.has('since') ? null : present,
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    events.close()
    server.close()
  })

  /** A listening page, with the events and ids that it has received. */
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
        // Wait until the server has noticed that the page has disconnected.
        const count = () => new Promise<number>((resolve) => server.getConnections((_, open) => resolve(open)))
        await until('it is gone', async () => (await count()) === 0)
      },
    }
  }

  test('sends a new listener the present state, then changes', async () => {
    const page = await listen()
    await page.hears('present')
    events.tell(event('one'))
    events.tell(event(undefined))
    events.tell(event('two'))
    await page.hears('present', 'one', 'two')
  })

  test('sends a listener of one song nothing about other songs', async () => {
    const page = await listen({ song: 1 })
    events.tell(event('other', 2))
    events.tell(event('own', 1))
    events.tell(event('all'))
    await page.hears('present', 'own', 'all')
  })

  test('sends a listener that reconnects only the events that it missed', async () => {
    const page = await listen()
    events.tell(event('seen'))
    await page.hears('present', 'seen')
    await page.leave()
    events.tell(event('missed'))
    const again = await listen({ lastEventId: page.lastId() })
    await again.hears('missed')
    assert.equal(presents, 1)
  })

  test('makes no event data without listeners', () => {
    events.tell(unheard)
  })

  test('sends the present state to a listener that was away for more than a minute', async () => {
    const page = await listen()
    events.tell(event('seen'))
    await page.hears('present', 'seen')
    await page.leave()
    passedMs += 61_000
    events.tell(unheard)
    const again = await listen({ lastEventId: page.lastId() })
    await again.hears('present')
    events.tell(event('new'))
    await again.hears('present', 'new')
  })

  /** A connection that sends a request and does not read the answer. */
  async function listenWithoutReading(path = '/', headers = '') {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${headers}\r\n`)
    const response = await until('it is let in', () => responses.at(-1))
    let text = ''
    socket.on('data', (bytes) => (text += String(bytes)))
    return {
      response,
      text: () => text,
      read: () => socket.resume(),
      end: () => socket.destroy(),
      closed: new Promise<void>((resolve) => socket.once('end', resolve)),
    }
  }

  const KILOBYTE = 'x'.repeat(1_000)

  /** Sends more than an unread connection and the log hold. Returns the most bytes that waited for the listener. */
  async function tellMuch({ response }: { response: ServerResponse }): Promise<number> {
    await until('its connection takes no more', async () => {
      for (let i = 0; i < 500 && !response.writableNeedDrain; i++) {
        events.tell(event(KILOBYTE))
        await setImmediate()
      }
      return response.writableNeedDrain
    })
    let most = 0
    for (let i = 0; i < 10_000; i++) {
      events.tell(event(KILOBYTE))
      if (i % 100 === 0) await setImmediate()
      most = Math.max(most, response.writableLength)
    }
    return most
  }

  test('needs little memory for a listener that does not read, and sends it the present state when it reads again', async () => {
    const page = await listenWithoutReading()
    assert.ok((await tellMuch(page)) < 200_000)
    assert.equal(page.response.destroyed, false)
    assert.equal(presents, 1)
    page.read()
    await until('it is told the present state again', () => presents === 2)
    events.tell(event('new'))
    await until('it hears what is new', () => page.text().includes('"new"'))
    assert.equal(page.text().split('"present"').length, 3)
    page.end()
  })

  test('ends for a listener that fetched the present state itself, if the events that it missed are no longer in the log', async () => {
    const page = await listenWithoutReading('/?since', `last-event-id: ${events.version()}\r\n`)
    assert.ok((await tellMuch(page)) < 200_000)
    page.read()
    await page.closed
    assert.equal(presents, 0)
  })

  test('sends the present state from its beginning again after it broke off', async () => {
    presentState = function* () {
      for (;;) yield eventText('song', `"${KILOBYTE}"`)
    }
    const page = await listen()
    await until('it has heard much of it', () => page.heard().length > 100)
    await page.leave()
    assert.equal(page.lastId(), '', 'it has no id to resume with')
  })

  test('sends events to other listeners while one gets a large present state', async () => {
    presentState = function* () {
      for (;;) yield eventText('song', `"${KILOBYTE}"`)
    }
    const large = await listen()
    await until('it has heard much of it', () => large.heard().length > 100)
    presentState = function* () {
      yield eventText('song', '"present"')
    }
    const small = await listen()
    await small.hears('present')
  })

  test('keeps the events after a version that was given out, and does not know versions of another run', async () => {
    const version = events.version()
    events.tell(event('missed'))
    const page = await listen({ lastEventId: String(version) })
    await page.hears('missed')
    assert.equal(presents, 0)
    const restarted = new EventStream(() => passedMs)
    assert.equal(restarted.canResume(version), false)
    restarted.close()
  })
})
