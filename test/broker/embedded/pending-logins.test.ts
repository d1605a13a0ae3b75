import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../../src/broker/embedded/embedded-broker.ts'
import { connectFrame, dial, type StompPeer } from '../../support/stomp-peer.ts'
import { until } from '../../support/wait.ts'

const OWN = 'the random one of the server'
const CHOSEN = 'chosen by a person'
/** The wait before the answer to a wrong password, less what timers may be early by. */
const MIN_DELAY_MS = 900

/** More at once and the system drops some. */
const BACKLOG = 100

describe('connections to the embedded broker that have not logged in', () => {
  let broker: EmbeddedBroker
  let peers: StompPeer[]
  let warnings: string[]

  beforeEach(async () => {
    peers = []
    warnings = []
    broker = await startEmbeddedBroker({
      host: '127.0.0.1',
      port: 0,
      user: 'admin',
      password: CHOSEN,
      ownPassword: OWN,
      warn: (message) => void warnings.push(message),
    })
  })
  afterEach(async () => {
    for (const peer of peers) peer.end()
    await broker.close()
  })

  function stranger(from: string): StompPeer {
    const peer = dial(broker.port, from)
    peers.push(peer)
    return peer
  }

  /** What the broker says to this password. */
  async function answerTo(password: string, from = '127.0.0.1'): Promise<{ peer: StompPeer; said: string }> {
    const peer = stranger(from)
    peer.send(connectFrame(password))
    await until('there is an answer', () => peer.isClosed() || /^(CONNECTED|ERROR)/.test(peer.said()))
    return { peer, said: peer.said() }
  }

  async function crowd(count: number, from: string): Promise<StompPeer[]> {
    const silent: StompPeer[] = []
    while (silent.length < count) {
      const some = Array.from({ length: Math.min(BACKLOG, count - silent.length) }, () => stranger(from))
      await until('they have dialled', () => some.every((peer) => !peer.socket.connecting))
      silent.push(...some)
    }
    return silent
  }

  test('1,100 silent connections of one address keep nobody out: 128 of them stay open', async () => {
    const silent = await crowd(1_100, '127.0.0.2')
    assert.match((await answerTo(CHOSEN)).said, /^CONNECTED/)
    await until('most are closed', () => silent.filter((peer) => peer.isClosed()).length >= 1_100 - 128)
    assert.match((await answerTo(CHOSEN, '127.0.0.2')).said, /^CONNECTED/, 'from their own address as well')
  })

  test('silent connections of many addresses keep nobody out: those of the address with the most are closed', async () => {
    const [single] = await crowd(1, '127.0.0.9')
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6', '127.0.0.7'])
      await crowd(120, from)
    assert.match((await answerTo(CHOSEN)).said, /^CONNECTED/)
    await until('512 are left', () => peers.filter((peer) => !peer.isClosed()).length <= 512 + 1)
    assert.equal(single?.isClosed(), false)
  })

  test('a wrong password is answered after a second', async () => {
    const startedAt = performance.now()
    const { said } = await answerTo('a guess')
    assert.match(said, /ERROR\nmessage:Bad CONNECT\n/)
    assert.ok(performance.now() - startedAt >= MIN_DELAY_MS)
  })

  test('after ten different wrong passwords no guess of that address is checked, not even the right one', async () => {
    const { peer: earlier } = await answerTo(CHOSEN, '127.0.0.2')
    const guesses = await Promise.all(Array.from({ length: 10 }, (_, index) => answerTo(`guess ${index}`, '127.0.0.2')))
    for (const { said } of guesses) assert.match(said, /the login or the passcode is wrong/)
    assert.match((await answerTo(CHOSEN, '127.0.0.2')).said, /ERROR[\s\S]*checked in \d+ s/)
    assert.match((await answerTo(CHOSEN)).said, /^CONNECTED/, 'other addresses are not touched')
    assert.match((await answerTo(OWN, '127.0.0.2')).said, /^CONNECTED/, 'nor who has the random one')
    assert.equal(earlier.isClosed(), false, 'nor who is in')
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /127\.0\.0\.2/)
  })

  test('one wrong password sent again and again, as by a worker with an old one, keeps nobody out', async () => {
    await Promise.all(Array.from({ length: 40 }, () => answerTo('an old password')))
    assert.match((await answerTo(CHOSEN)).said, /^CONNECTED/)
  })

  test('an endless head, or a CONNECT with a body, ends the connection at 8 KiB', async () => {
    for (const begin of ['CONNECT\nlogin:', 'CONNECT\ncontent-length:60000\n\n']) {
      const peer = stranger('127.0.0.1')
      peer.send(`${begin}${'a'.repeat(9_000)}`)
      await until('it is cut off', () => peer.isClosed(), { timeoutMs: 5_000 })
    }
  })
})
