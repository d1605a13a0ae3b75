import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Account } from '../../../src/broker/embedded/budget.ts'
import { Destinations } from '../../../src/broker/embedded/destinations.ts'
import { Session } from '../../../src/broker/embedded/session.ts'
import type { Frame } from '../../../src/broker/frame.ts'

const PEERS = 4

type Peer = { account: Account; session: Session; deliveries: string[]; isOver: boolean }
type Step = { peer: number; frame: Frame }

const name = fc.constantFrom('a', 'b', 'c')
const destination = fc.constantFrom('/queue/a', '/queue/b', '/topic/a')
const transaction = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, fc.record({ transaction: name }))
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ destination, transaction, length: fc.constantFrom(0, 10, 60_000), isShort: fc.boolean() }).map((each) => {
    const expiration: Record<string, string> = each.isShort ? { expiration: '0' } : {}
    const headers = { destination: each.destination, ...expiration, ...each.transaction }
    return { command: 'SEND', headers, body: 'x'.repeat(each.length) }
  }),
  fc.record({ id: name, destination, ack: fc.constantFrom('auto', 'client-individual') }).map((headers) => {
    return { command: 'SUBSCRIBE', headers, body: '' }
  }),
  name.map((id) => ({ command: 'UNSUBSCRIBE', headers: { id }, body: '' })),
  fc.constantFrom('ACK', 'NACK').map((command) => ({ command, headers: { id: 'newest' }, body: '' })),
  fc.record({ command: fc.constantFrom('BEGIN', 'COMMIT', 'ABORT'), transaction: name }).map((each) => {
    return { command: each.command, headers: { transaction: each.transaction }, body: '' }
  }),
)
const steps: fc.Arbitrary<Step[]> = fc.array(fc.record({ peer: fc.nat(PEERS - 1), frame: frames }), { maxLength: 80 })

test('whatever peers do, no memory is charged after they are gone and their messages are dropped', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const destinations = new Destinations()
      const peers = Array.from({ length: PEERS }, () => openPeer(destinations))
      for (const { peer: index, frame } of taken) {
        const peer = peers[index]
        if (!peer || peer.isOver) continue
        const { headers } = frame
        const id = headers['id'] === 'newest' ? (peer.deliveries.at(-1) ?? '') : headers['id']
        try {
          peer.session.handle({ ...frame, headers: id === undefined ? headers : { ...headers, id } })
        } catch {
          end(peer) // as whoever broke a rule
        }
        assert.ok(destinations.budget.bytes >= 0)
      }
      for (const peer of peers) end(peer)
      destinations.budget.abandoned.evict()
      assert.equal(destinations.budget.bytes, 0)
      for (const { account } of peers) assert.deepEqual([account.bytes, account.queues], [0, 0])
      destinations.close()
    }),
    { numRuns: 2_000 },
  )
})

function openPeer(destinations: Destinations): Peer {
  const deliveries: string[] = []
  const account = destinations.budget.open(() => undefined)
  const send = ({ headers }: Frame) => void deliveries.push(headers['ack'] ?? '')
  return { account, session: new Session({ destinations, account, send }), deliveries, isOver: false }
}

function end(peer: Peer): void {
  if (peer.isOver) return
  peer.isOver = true
  peer.account.close()
  peer.session.close()
}
