import { readFileSync } from 'node:fs'

/** A soft limit of this process as proc(5) names it; null where the system does not tell, or has none (getrlimit(2)). */
export function softLimit(name: 'Max open files' | 'Max address space'): number | null {
  try {
    const soft = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return soft === undefined ? null : Number(soft)
  } catch {
    return null // not on Linux
  }
}
