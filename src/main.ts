import { program } from './commands/program.ts'
import { messageOf, UserError } from './song/errors.ts'

const USAGE = 2
const FAILED = 1

program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    process.stderr.write(
      `minus-one: ${error instanceof UserError ? error.message : ((error as Error).stack ?? messageOf(error))}\n`,
    )
    const isUsage = error instanceof UserError && ['usage', 'config', 'model-not-found'].includes(error.code)
    process.exitCode = isUsage ? USAGE : FAILED
  })
