import { closeSync, openSync } from 'node:fs'

/** Opens a file for `read` and closes it. Throws the system's error when it cannot be opened. */
export function withFile<T>(path: string, read: (file: number) => T): T {
  const file = openSync(path, 'r')
  try {
    return read(file)
  } finally {
    closeSync(file)
  }
}
