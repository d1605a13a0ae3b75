import { startProcess } from './system.ts'

export type Ended = { code: number | null; said: string }

/** Runs minus-one with these words until it ends. */
export async function runCommand(
  words: readonly string[],
  /** A command that starts it, such as 'unshare --mount'. */
  before: readonly string[] = [],
): Promise<Ended> {
  const { child, log } = startProcess(words, {}, before)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said: log() }
}

/** A command prefix that runs the command as "$@" of a shell script; "$0" is the first argument. */
export function inShell(script: string, argument = ''): string[] {
  return ['sh', '-c', script, argument]
}
