import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./media-child.ts', import.meta.url))

/** Starts a media process without a task. Throws EMFILE if no further process can be started. */
export function forkMedia(): ChildProcess {
  const child = fork(CHILD, { serialization: 'advanced', stdio: ['pipe', 'pipe', 'ignore', 'ipc'], execArgv: [] })
  if (child.pid !== undefined) return child
  child.on('error', () => undefined) // the error thrown here reports it
  throw Object.assign(new Error('No media process can be started: too many files or processes are open.'), {
    code: 'EMFILE',
  })
}
