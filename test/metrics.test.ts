import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../src/metrics.ts'

test('a scrape of the metrics reads all values of the gauges once', async () => {
  let looks = 0
  const metrics = new Metrics()
  metrics.addGauges(() => {
    looks++
    return {
      jobs: { waiting: looks },
      songs: { separating: 2 },
      workers: { idle: 3 },
      isBrokerConnected: true,
      freeBytes: 4,
      roomBytes: 5,
      ledgerChanges: 6,
    }
  })
  await metrics.text()
  const { text } = await metrics.text()
  assert.equal(looks, 2)
  for (const line of [
    'minus_one_jobs{state="waiting"} 2',
    'minus_one_songs{state="separating"} 2',
    'minus_one_workers{state="idle"} 3',
    'minus_one_broker_connected 1',
    'minus_one_free_bytes 4',
    'minus_one_room_bytes 5',
    'minus_one_ledger_changes 6',
  ])
    assert.ok(text.split('\n').includes(line), line)
})
