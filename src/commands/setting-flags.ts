import { type Command, Option } from 'commander'
import { type Config, readConfig, SETTINGS } from '../config.ts'

/** Adds every setting as a flag: BROKER_HOST is --broker-host. */
export function withSettings(command: Command): Command {
  for (const [name, { about }] of Object.entries(SETTINGS)) {
    command.addOption(new Option(`--${name.toLowerCase().replaceAll('_', '-')} <value>`, `${about} [${name}]`))
  }
  return command
}

/** The settings of a command that has them as flags. Flags win over the environment. */
export function configOf(flags: Record<string, unknown>): Config {
  const given = Object.keys(SETTINGS).flatMap((name) => {
    const value = flags[camelCase(name)]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return readConfig(process.env, Object.fromEntries(given))
}

/** The settings of a command that has only --data-dir as a flag. */
export function configWithDataDir({ dataDir }: { dataDir?: string }): Config {
  return readConfig(process.env, dataDir === undefined ? {} : { DATA_DIR: dataDir })
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
