import { program } from './commands/program.ts'
import { messageOf, UserError } from './song/errors.ts'

const USAGE = 2
const FAILED = 1

if (process.env['MINUS_ONE_LAUNCHER'] === String(process.ppid)) {
  // The launcher of an old Node is in front of us: when it is killed, we end as if it had passed the signal on.
  process.channel?.unref()
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}

program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    process.stderr.write(
      `minus-one: ${error instanceof UserError ? error.message : ((error as Error).stack ?? messageOf(error))}\n`,
    )
    const isUsage = error instanceof UserError && ['usage', 'config', 'model-not-found'].includes(error.code)
    // A server that could not start may have begun: a broker that listens, a timer.
    process.exit(isUsage ? USAGE : FAILED)
  })
