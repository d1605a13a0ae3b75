import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder with those above it that are missing. `recursive` of Node's own mkdir never ends where mkdir(2) answers ENOENT
 * though the folder above is there, as in /proc and on some network file systems.
 * Throws the error of the file system.
 * @returns the folders that were made, the outermost first
 */
export function makeFolders(path: string, mode?: number): string[] {
  const missing: string[] = []
  for (let at = path; !isThere(at); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) makeFolder(folder, mode)
  // Says that a file is in its place where that is so.
  if (missing.length === 0) statSync(`${path}/`)
  return missing
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false
    throw error
  }
}

function makeFolder(path: string, mode: number | undefined): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Somebody else has made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere(path)) throw error
  }
}
