import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { arch, cpus } from 'node:os'
import { join } from 'node:path'
import type { Graph } from '../models/description.ts'
import { hashOfFile } from '../platform/hash-of-file.ts'
import { makeFolders } from '../platform/make-folders.ts'
import { optimise, RUNTIME_VERSION } from './onnx-network.ts'

/**
 * Graphs as ONNX Runtime has optimised them for this processor, each written once. A file counts only if a second file beside
 * it, written later, holds its SHA-256.
 */
export class OptimisedGraphs {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The path of the complete optimised form; null when there is none. */
  async find({ sha256 }: Pick<Graph, 'sha256'>): Promise<string | null> {
    const path = this.#path(sha256)
    const wanted = await readFile(`${path}.sha256`, 'utf8').catch(() => null)
    if (wanted === null) return null
    return (await hashOfFile(path).catch(() => null)) === wanted ? path : null
  }

  /** Makes the optimised form, in place of every earlier one of this graph. Throws when it cannot be made or written. */
  async make({ sha256 }: Pick<Graph, 'sha256'>, bytes: Uint8Array): Promise<string> {
    const path = this.#path(sha256)
    makeFolders(this.#folder)
    const unfinished = join(this.#folder, `.${sha256}-${randomUUID()}`)
    try {
      await optimise(bytes, unfinished)
      const hash = await hashOfFile(unfinished)
      await this.#remove(`${sha256}-`)
      await rename(unfinished, path)
      await writeFile(`${path}.sha256`, hash)
      return path
    } finally {
      await rm(unfinished, { force: true })
    }
  }

  /** Removes every form of a graph that is no longer used, and the incomplete files of a killed process. */
  async discard({ sha256 }: Pick<Graph, 'sha256'>): Promise<void> {
    await this.#remove(`${sha256}-`)
    await this.#remove(`.${sha256}-`)
  }

  async #remove(prefix: string): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [])
    const old = names.filter((name) => name.startsWith(prefix))
    await Promise.all(old.map((name) => rm(join(this.#folder, name), { force: true })))
  }

  /** The form depends on the runtime, and on the processor and the width of its vectors. */
  #path(sha256: string): string {
    const processor = createHash('sha256').update(`${arch()} ${cpus()[0]?.model}`).digest('hex').slice(0, 8)
    return join(this.#folder, `${sha256}-${RUNTIME_VERSION}-${processor}.onnx`)
  }
}
