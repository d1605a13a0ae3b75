import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readJson } from '../platform/read-json.ts'
import { UserError } from '../song/errors.ts'

/*
 * The hash that each file of the hub had at its first installation, by URL. A file that has changed since then is not
 * installed silently. pins.json lies beside the folders of the models, and no model can have that name.
 */
const PINS = 'pins.json'

export async function pinned(folder: string, url: string): Promise<string | null> {
  return (await readPins(folder))[url] ?? null
}

/** Replaces the file as a whole, so an interruption leaves the old one. */
export async function pin(folder: string, url: string, sha256: string): Promise<void> {
  const path = join(folder, PINS)
  await writeFile(`${path}.part`, `${JSON.stringify({ ...(await readPins(folder)), [url]: sha256 }, null, 2)}\n`)
  await rename(`${path}.part`, path)
}

async function readPins(folder: string): Promise<Record<string, string>> {
  const path = join(folder, PINS)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw damaged(path, error)
  })
  const pins = readJson(text)
  if (typeof pins !== 'object' || pins === null) throw damaged(path)
  return pins as Record<string, string>
}

function damaged(path: string, cause?: unknown): UserError {
  return new UserError(
    `${path} cannot be read. It holds the hashes of files that were installed before: mend it, or delete it to trust what the hub has now.`,
    { code: 'pins-broken', cause },
  )
}
