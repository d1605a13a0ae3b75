import { startProcess } from './system.ts'

export type Ended = { code: number | null; said: string }

/** Runs a command of ours to its end. */
export async function runCommand(
  words: readonly string[],
  /** A command to start it with, as 'unshare --mount'. */
  before: readonly string[] = [],
): Promise<Ended> {
  const { child, log } = startProcess(words, {}, before)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said: log() }
}

/** What runs a command within a shell script, as "$@"; "$0" is the first argument. */
export function inShell(script: string, argument = ''): string[] {
  return ['sh', '-c', script, argument]
}
