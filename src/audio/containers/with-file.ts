import { closeSync, openSync } from 'node:fs'

/** Gives what a look into a file gives. Throws the error of the system where it cannot be opened or read. */
export function withFile<T>(path: string, look: (file: number) => T): T {
  const file = openSync(path, 'r')
  try {
    return look(file)
  } finally {
    closeSync(file)
  }
}
