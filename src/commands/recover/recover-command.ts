import { Command } from 'commander'
import { configWithDataDir } from '../setting-flags.ts'

export function recoverCommand(): Command {
  return new Command('recover')
    .description(
      'Rebuilds the ledger from the songs in DATA_DIR when it is lost, damaged or older than they are. Stop the server first. Exit code 1: a song could not be recovered.',
    )
    .option('--data-dir <dir>', 'where the server kept its songs [DATA_DIR]')
    .action(async (flags: { dataDir?: string }) => {
      const { recover } = await import('./recover.ts')
      if (!(await recover({ config: configWithDataDir(flags) }))) process.exitCode = 1
    })
}
