import { readdir } from 'node:fs/promises'

/** The names of the files and folders in a folder. Returns none if the folder does not exist. */
export function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
}
