import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import type { z } from 'zod'
import { UserError } from '../song/errors.ts'

/*
 * Small files that are there whole or as they were before, also after a power cut: written beside their place, brought to the
 * disk, moved. For what has to outlive the ledger: of one song in its folder, of several songs in DATA_DIR.
 */

/** Resolves when the disk has it. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    const file = await open(unfinished, 'wx')
    try {
      await file.writeFile(textOf(value))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw error
  }
}

/** What a file says; null where there is none. Throws a UserError where it cannot be read, or says something else. */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new UserError(`${path} cannot be read, or is of a newer version.`, { code: 'unreadable', cause })
  }
}

/** Moves a file that cannot be read out of the way of a new one; returns where it is now. */
export async function moveUnreadableAside(path: string): Promise<string> {
  const aside = `${path}.unreadable-${Date.now()}`
  await rename(path, aside)
  return aside
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
