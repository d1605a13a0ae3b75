import { Command } from 'commander'
import { configOf, withSettings } from '../setting-flags.ts'
import { VERSION } from '../version.ts'

type Flags = Record<string, string> & { open: boolean; trustClock: boolean }

export function serveCommand(): Command {
  return withSettings(
    new Command('serve').description('Starts the server, and without BROKER_HOST also a broker and workers.'),
  )
    .option('--open', 'serve other machines without an access token', false)
    .option(
      '--trust-clock',
      "for one start, after you have checked 'date': the clock is right, and songs older than RETENTION_DAYS are deleted",
      false,
    )
    .action(async (flags: Flags) => {
      const { serve } = await import('./serve.ts')
      await serve({ config: configOf(flags), isOpen: flags.open, isClockTrusted: flags.trustClock, version: VERSION })
    })
}
