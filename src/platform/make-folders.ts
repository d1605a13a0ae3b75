import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and its missing parents. Node's mkdir with `recursive` never returns if mkdir(2) answers ENOENT although
 * the parent exists, which happens in /proc and on some network file systems. Throws the error of the file system.
 * @returns the folders that were created, the outermost first
 */
export function makeFolders(path: string, mode?: number): string[] {
  const missing: string[] = []
  for (let at = path; !isThere(at); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) makeFolder(folder, mode)
  // Throws ENOTDIR if the path is a file.
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
    // Another process may have created it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere(path)) throw error
  }
}
