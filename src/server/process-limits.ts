import { readFileSync } from 'node:fs'

/** A soft limit of this process, under its name in proc(5). Null if there is no limit or it cannot be read (getrlimit(2)). */
export function softLimit(name: 'Max open files' | 'Max address space'): number | null {
  try {
    const soft = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return soft === undefined ? null : Number(soft)
  } catch {
    return null // not on Linux
  }
}
