import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

const REPLACED = '\ufffd'

/** Whether bytes of a name may have been lost, because they are no UTF-8. */
export function isGarbled(name: string): boolean {
  return name.includes(REPLACED)
}

/**
 * The path of a file or folder whose name may be no UTF-8, as on an old disk. Node gives such a name with U+FFFD in place of
 * some bytes, so it is looked for by what is left of it.
 * @returns the name itself where that is whole, or where not exactly one path is like it
 */
export async function locate(name: string): Promise<string | Buffer> {
  if (!isGarbled(name) || existsSync(name)) return name
  const alike = await pathsLike(name)
  return alike.length === 1 && alike[0] ? alike[0] : name
}

/** What a garbled name may stand for. */
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

/** A path as text. A name in it that is no UTF-8 is taken for Latin-1, as which such names were once written. */
export function textOf(path: Buffer): string {
  const parts = path.toString('latin1').split(sep)
  return parts.map((part) => utf8Of(part) ?? part).join(sep)
}

function utf8Of(latin1: string): string | null {
  const text = Buffer.from(latin1, 'latin1').toString()
  return isGarbled(text) ? null : text
}
