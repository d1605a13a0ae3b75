import { onParentGone } from './commands/parent-process.ts'
import { program } from './commands/program.ts'
import { outliveReaders, printError } from './commands/terminal.ts'
import { whyUnwritable } from './platform/file-faults.ts'
import { TRANSIENT_FAULTS, transientFaultOf } from './platform/transient-fault.ts'
import { messageOf, UserError } from './song/errors.ts'

const FAILED = 1
const USAGE = 2
/** The advice in messages about a file that cannot be written. */
const WAY_OUT = 'Name another place for it.'

function inWords(error: unknown): string {
  if (error instanceof UserError) return error.message
  const { path, syscall, code = '' } = error as NodeJS.ErrnoException
  const mayBeReading = syscall !== 'mkdir' && ['ENOENT', 'EACCES', 'EPERM'].includes(code)
  const why = path === undefined || mayBeReading ? null : whyUnwritable(error, WAY_OUT)
  if (why !== null) return `${path}: ${why}`
  const fault = transientFaultOf(error)
  return fault
    ? `${TRANSIENT_FAULTS[fault].message} (${messageOf(error)})`
    : ((error as Error).stack ?? messageOf(error))
}

if (process.env['MINUS_ONE_LAUNCHER'] === String(process.ppid)) {
  // The launcher of an old Node is the parent of this process. If it is killed, it cannot pass the signal on, so this process
  // ends itself.
  process.channel?.unref()
  onParentGone(() => process.kill(process.pid, 'SIGTERM'))
}

outliveReaders()
program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    printError(`minus-one: ${inWords(error)}`)
    const isUsage = error instanceof UserError && ['usage', 'config', 'model-not-found'].includes(error.code)
    // A failed start may leave an open port or a timer. Without exit, these would keep the process alive.
    process.exit(isUsage ? USAGE : FAILED)
  })
