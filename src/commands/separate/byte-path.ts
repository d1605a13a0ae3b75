import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

const REPLACED = '\ufffd'

/** Whether Node has replaced bytes of a name because they are not UTF-8. */
export function isGarbled(name: string): boolean {
  return name.includes(REPLACED)
}

/**
 * Finds a file or folder whose name is not UTF-8, as on an old disk. Node puts U+FFFD in place of some bytes of such a name, so
 * this searches for the rest of the name.
 * @returns the name itself if no byte was replaced, or if not exactly one path matches
 */
export async function locate(name: string): Promise<string | Buffer> {
  if (!isGarbled(name) || existsSync(name)) return name
  const alike = await pathsLike(name)
  return alike.length === 1 && alike[0] ? alike[0] : name
}

/** Every path that a garbled name may stand for. */
export async function pathsLike(name: string): Promise<Buffer[]> {
  let found: Buffer[] = [Buffer.alloc(0)]
  for (const part of resolve(name).split(sep).slice(1)) {
    const longer: Buffer[] = []
    for (const folder of found.map((path) => Buffer.concat([path, Buffer.from(sep)]))) {
      const names = isGarbled(part) ? await namesLike(part, folder) : [Buffer.from(part)]
      longer.push(...names.map((each) => Buffer.concat([folder, each])))
    }
    found = longer
  }
  return found
}

async function namesLike(part: string, folder: Buffer): Promise<Buffer[]> {
  const names = await readdir(folder, { encoding: 'buffer' }).catch(() => [])
  return names.filter((each) => each.toString() === part)
}

/** A path as text. A name in it that is not UTF-8 is read as Latin-1, the usual encoding of old disks. */
export function textOf(path: Buffer): string {
  const parts = path.toString('latin1').split(sep)
  return parts.map((part) => utf8Of(part) ?? part).join(sep)
}

function utf8Of(latin1: string): string | null {
  const text = Buffer.from(latin1, 'latin1').toString()
  return isGarbled(text) ? null : text
}
