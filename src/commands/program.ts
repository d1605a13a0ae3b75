import { Command } from 'commander'
import { backupCommand } from './backup/backup-command.ts'
import { doctorCommand } from './doctor/doctor-command.ts'
import { lyricsCommand } from './lyrics/lyrics-command.ts'
import { modelsCommand } from './models/models-command.ts'
import { recoverCommand } from './recover/recover-command.ts'
import { separateCommand } from './separate/separate-command.ts'
import { serveCommand } from './serve/serve-command.ts'
import { printError } from './terminal.ts'
import { VERSION } from './version.ts'
import { workCommand, workerCommand } from './work/work-command.ts'

const USAGE_EXIT_CODE = 2

/** The command line. The code of each command is in the folder of the same name. */
export function program(): Command {
  const root = new Command('minus-one')
    .description('Plays a song minus the part you want to sing or play yourself.')
    .version(VERSION)
    .showHelpAfterError('(minus-one --help tells more)')
  root.addCommand(separateCommand())
  root.addCommand(lyricsCommand())
  root.addCommand(serveCommand())
  root.addCommand(workCommand())
  root.addCommand(modelsCommand())
  root.addCommand(workerCommand(), { hidden: true })
  root.addCommand(backupCommand())
  root.addCommand(recoverCommand())
  root.addCommand(doctorCommand())
  for (const command of [root, ...root.commands.flatMap((each) => [each, ...each.commands])]) {
    command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_EXIT_CODE))
    // Commander's messages repeat the command line, which may contain control characters.
    command.configureOutput({ writeErr: (text) => printError(text.trimEnd()) })
  }
  return root
}
