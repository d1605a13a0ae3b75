import { Command } from 'commander'
import { parseList } from '../parse-argument.ts'
import { configOf, withSettings } from '../setting-flags.ts'

export function workCommand(): Command {
  return withSettings(
    new Command('work').description('Starts workers that take jobs from the broker at BROKER_HOST.'),
  ).action(async (flags: Record<string, string>) => {
    const { work } = await import('./work.ts')
    await work({ config: configOf(flags) })
  })
}

/** An internal command: `work` and `serve` start their worker processes with it. */
export function workerCommand(): Command {
  return withSettings(new Command('worker').description('One worker process; work and serve start them.'))
    .requiredOption('--name <name>', 'its name')
    .option('--unhealthy', 'kills itself', false)
    .option('--refused <ids>', 'models not to be loaded', parseList, [])
    .action(async (flags: Record<string, string> & { name: string; unhealthy: boolean; refused: string[] }) => {
      const { runWorker } = await import('./worker.ts')
      const { name, unhealthy, refused } = flags
      await runWorker({ config: configOf(flags), name, isUnhealthy: unhealthy, refused })
    })
}
