import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BrokerName } from './lab.ts'
import type { Result } from './row.ts'
import { ROWS } from './rows.ts'

const RUN = fileURLToPath(new URL('run.ts', import.meta.url))

/**
 * Tests the priority rows of the fault matrix from one number to another on a broker. Each call runs them in namespaces of
 * its own, so that several files with a part of the rows each can run at the same time.
 */
export function testPriorityRows({ broker, from, to }: { broker: BrokerName; from: number; to: number }): void {
  const rows = ROWS.filter(({ number, isPriority, brokers }) => {
    return isPriority && number >= from && number <= to && (!brokers || brokers.includes(broker))
  })
  describe(`Songs come through every fault whole, on the ${broker} broker (rows ${from} to ${to})`, () => {
    let results: readonly Result[] = []
    before(async () => {
      const numbers = rows.map(({ number }) => number).join(',')
      const child = spawn(process.execPath, [RUN, '--rows', numbers, '--json', '--broker', broker], {
        env: { ...process.env, FAULT_PATIENCE: '2' },
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
      await new Promise((resolve) => child.once('exit', resolve))
      assert.match(said.trim().split('\n').at(-1) ?? '', /^\[/, said)
      results = JSON.parse(said.trim().split('\n').at(-1) ?? '') as Result[]
    })
    for (const { number, fault } of rows) {
      test(`Row ${number}, ${broker}: ${fault}`, (context) => {
        const result = results.find(({ row }) => row === number)
        assert.ok(result?.holds, result?.said ?? 'it was not run')
        context.diagnostic(`row ${number}: ${result.seconds.toFixed(0)} s, ${result.said}`)
      })
    }
  })
}
