import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { WorkerReport } from '../../../src/commands/work/worker.ts'
import { freePort } from '../../support/ports.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const ENDS_WITHIN_MS = 30_000

/** Starts a worker and closes the channel to it, as the end of its parent does. */
async function exitOfOrphan(isTime: (worker: ChildProcess) => Promise<unknown>): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-orphan-'))
  const env = { ...process.env, BROKER_HOST: '127.0.0.1', BROKER_PORT: String(await freePort()), CACHE_DIR: folder }
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
  const worker = fork(MAIN, ['worker', '--name', 'orphan'], { env, stdio: [...stdio], execArgv: [] })
  try {
    const exit = once(worker, 'exit', { signal: AbortSignal.timeout(ENDS_WITHIN_MS) })
    await isTime(worker)
    worker.disconnect()
    return await exit
  } finally {
    worker.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

async function isLoaded(worker: ChildProcess): Promise<void> {
  for await (const [report] of on(worker, 'message')) if ((report as WorkerReport).kind === 'loaded') return
}

describe('a worker ends when its parent process has ended', () => {
  test('before the worker has reported anything', async () => {
    assert.deepEqual(await exitOfOrphan(async () => undefined), [0, null])
  })

  test('while the worker warms up', async () => {
    assert.deepEqual(await exitOfOrphan(isLoaded), [0, null])
  })
})
