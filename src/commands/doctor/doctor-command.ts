import { Command } from 'commander'
import type { Config } from '../../config.ts'
import { configOf, withSettings } from '../setting-flags.ts'
import { VERSION } from '../version.ts'

export function doctorCommand(): Command {
  return withSettings(
    new Command('doctor').description('Shows the settings in force, what is missing, and how to fix it.'),
  )
    .option('--server <url>', 'asks a running server instead: whether it answers, accepts the token, and works')
    .action(async (flags: Record<string, string>) => {
      const config = configOf(flags)
      const isWell =
        flags['server'] === undefined ? await checkHere(config) : await checkServer(flags['server'], config)
      if (!isWell) process.exitCode = 1
    })
}

async function checkHere(config: Config): Promise<boolean> {
  const { doctor } = await import('./doctor.ts')
  return doctor({ config, version: VERSION })
}

async function checkServer(url: string, { ACCESS_TOKEN }: Config): Promise<boolean> {
  const { askServer } = await import('./ask-server.ts')
  return askServer({ url, token: ACCESS_TOKEN, version: VERSION })
}
