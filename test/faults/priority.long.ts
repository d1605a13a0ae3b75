import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Result } from './row.ts'
import { ROWS } from './rows.ts'

const RUN = fileURLToPath(new URL('run.ts', import.meta.url))

for (const broker of ['embedded', 'rabbitmq'] as const) {
  describe(`what may go wrong is lived through, on the ${broker} broker`, () => {
    let results: readonly Result[] = []
    before(async () => {
      const child = spawn(process.execPath, [RUN, '--priority', '--json', '--broker', broker])
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
      await new Promise((resolve) => child.once('exit', resolve))
      assert.match(said.trim().split('\n').at(-1) ?? '', /^\[/, said)
      results = JSON.parse(said.trim().split('\n').at(-1) ?? '') as Result[]
    })
    for (const { number, fault, brokers, isPriority } of ROWS) {
      if (!isPriority || (brokers && !brokers.includes(broker))) continue
      test(`${number}: ${fault}`, () => {
        const result = results.find(({ row }) => row === number)
        assert.ok(result?.holds, result?.said ?? 'it was not run')
      })
    }
  })
}
