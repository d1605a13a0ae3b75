import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeSong, wavOf } from '../../support/songs.ts'
import { filesBelow, startProcess } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

// Alone: the signal of the terminal and the one that the launcher passes on must arrive within a second to count as one.
test('separate leaves nothing half-written after Ctrl-C under the launcher of an old Node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-interrupt-'))
  const long = join(folder, 'long-too.wav')
  await writeFile(long, wavOf(makeSong(120)))
  const oldNode = join(folder, 'old-node.cjs')
  await writeFile(oldNode, 'process.execve = undefined')
  const out = join(folder, 'stopped-too')
  const process_ = startProcess(['separate', long, '-o', out], { NODE_OPTIONS: `--require ${oldNode}` }, ['setsid'])
  await until('it has begun to write', async () => (await filesBelow(out)).length > 0)
  // As a terminal does: to every process of the command, and the launcher passes its own on.
  process.kill(-(process_.child.pid ?? 0), 'SIGINT')
  assert.equal(await process_.ended, 130)
  assert.match(process_.log(), /interrupted; nothing half-written is left/)
  assert.deepEqual(await filesBelow(out), [])
  await rm(folder, { recursive: true, force: true })
})
