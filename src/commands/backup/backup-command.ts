import { Command } from 'commander'
import { configWithDataDir } from '../setting-flags.ts'
import { print, printError, redraw } from '../terminal.ts'

export function backupCommand(): Command {
  return new Command('backup')
    .description(
      'Copies the ledger and all songs to a folder while the server runs; a later backup copies only what is new.',
    )
    .argument('<folder>', 'an empty folder, or one with an earlier backup')
    .option('--data-dir <dir>', 'what to back up [DATA_DIR]')
    .action(backup)
}

async function backup(folder: string, flags: { dataDir?: string }): Promise<void> {
  const { backUp } = await import('./back-up.ts')
  const { DATA_DIR } = configWithDataDir(flags)
  const { songs, copied, files, copiedBytes, holder, missing } = await backUp({
    from: DATA_DIR,
    to: folder,
    onSong: (done, of) => redraw(`${done} of ${of} songs`),
  })
  redraw('')
  const megabytes = (copiedBytes / 1e6).toFixed(copiedBytes < 1e7 ? 1 : 0)
  print(`${songs} songs are in ${folder}: ${copied} of ${files} files were new (${megabytes} MB).`)
  if (holder) print(`During the backup it was in use by ${holder}.`)
  if (missing.length === 0) return
  printError(
    `minus-one: the uploads of songs ${missing.join(', ')} are not in ${DATA_DIR}. What an earlier backup has of them was kept.`,
  )
  process.exitCode = 1
}
