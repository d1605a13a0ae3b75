import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import type { z } from 'zod'
import { UserError } from '../../song/errors.ts'

/*
 * Atomic writes of small JSON files, which must outlive the ledger: those of one song in its folder, those about several
 * songs in DATA_DIR. A file is written under a temporary name, flushed and renamed. After a power cut it has its old or its
 * new content.
 */

/** Resolves when the file's bytes are on the disk. */
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

/** Reads and validates a file. Returns null if it does not exist. Throws a UserError if it is unreadable or invalid. */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new UserError(`${path} is unreadable, or a newer version wrote it.`, { code: 'unreadable', cause })
  }
}

/**
 * Renames an unreadable file, so that a new one can take its place.
 * @returns the new path
 */
export async function moveUnreadableAside(path: string): Promise<string> {
  const aside = `${path}.unreadable-${Date.now()}`
  await rename(path, aside)
  return aside
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
