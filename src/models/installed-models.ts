import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readJson } from '../platform/read-json.ts'
import { transientFaultOf } from '../platform/transient-fault.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { type Graph, type Model, parseModel } from './description.ts'
import { refuseExternalData } from './graph-file.ts'
import { readSpeechModel, type SpeechModel } from './speech-model.ts'

/** An installed model, with the paths of its graphs in their order. */
export type InstalledModel = Model & { folder: string; paths: readonly string[] }

/** A model that hears words. Its files are in its folder. */
export type InstalledSpeechModel = SpeechModel & { folder: string }

/** Why a folder with a model.json cannot be used, as a message for the user. */
export type Fault = { folder: string; reason: string }

/**
 * The models on this machine: every folder directly below the given ones that holds a model.json. Graphs are found by their
 * hash. So a model may use a graph in the folder of another model, and no graph is stored twice.
 */
export class InstalledModels {
  readonly #roots: readonly string[]
  /** All models, including those that one of the same name in an earlier folder hides. */
  #found: readonly InstalledModel[] = []
  #faults: readonly Fault[] = []
  #speech: readonly InstalledSpeechModel[] = []

  private constructor(roots: readonly string[]) {
    this.#roots = roots
  }

  /** @param roots folders of models. Of two models with the same name, the one in the earlier folder counts. */
  static async open(roots: readonly string[]): Promise<InstalledModels> {
    const models = new InstalledModels(roots)
    await models.refresh()
    return models
  }

  /** The models that can be used: of several with the same name, the first. */
  get all(): readonly InstalledModel[] {
    return this.#found.filter((model, index) => this.#found.findIndex(({ name }) => name === model.name) === index)
  }

  /** The models that hear words. They separate nothing, so nothing else names them. */
  get speech(): readonly InstalledSpeechModel[] {
    return this.#speech
  }

  get faults(): readonly Fault[] {
    return this.#faults
  }

  get(name: string): InstalledModel | undefined {
    return this.#found.find((model) => model.name === name)
  }

  byId(id: string): InstalledModel | undefined {
    return this.#found.find((model) => model.id === id)
  }

  /** Throws a UserError that lists the installed models. */
  find(name: string): InstalledModel {
    const model = this.get(name)
    if (model) return model
    const fault = this.#faults.find(({ folder }) => folder.endsWith(`/${name}`))
    const names = this.all.map((each) => each.name).join(', ')
    throw new UserError(
      fault?.reason ??
        `There is no model '${name}' here. Installed: ${names || 'none'}. 'minus-one models' lists what can be installed.`,
      { code: 'model-not-found' },
    )
  }

  /**
   * Reads the folders again, because models may have been installed or removed. Returns whether anything changed. Throws a
   * transient fault of the system, such as a lack of descriptors, and then keeps the models found before.
   */
  async refresh(): Promise<boolean> {
    const found: { folder: string; model: Model }[] = []
    const speech: InstalledSpeechModel[] = []
    const faults: Fault[] = []
    const read = async (folder: string, text: string): Promise<void> => {
      if (isSpeech(text)) speech.push({ ...(await readSpeechModel(folder)), folder })
      else found.push({ folder, model: parseModel(text, join(folder, 'model.json')) })
    }
    for (const folder of await foldersBelow(this.#roots)) {
      await readFile(join(folder, 'model.json'), 'utf8')
        .then((text) => read(folder, text), noneUnlessPassing)
        .catch((error: unknown) => {
          if (transientFaultOf(error)) throw error
          faults.push({ folder, reason: messageOf(error) })
        })
    }
    const graphs = new Map<string, string>()
    for (const { folder, model } of found) {
      for (const { file, sha256 } of model.graphs) {
        const path = join(folder, file)
        if (existsSync(path) && !graphs.has(sha256)) graphs.set(sha256, path)
      }
    }
    const models: InstalledModel[] = []
    for (const { folder, model } of found) {
      const paths = model.graphs.flatMap(({ sha256 }) => graphs.get(sha256) ?? [])
      const missing = model.graphs.find(({ sha256 }) => !graphs.has(sha256))
      if (missing)
        faults.push({ folder, reason: `Model ${model.name} lacks its file ${missing.file}; install it again.` })
      else models.push({ ...model, folder, paths })
    }
    for (const { folder, name, files } of speech) {
      const missing = Object.values(files).find(({ file }) => !existsSync(join(folder, file)))
      if (missing) faults.push({ folder, reason: `Model ${name} lacks its file ${missing.file}; install it again.` })
    }
    const before = this.#ids()
    this.#found = models
    this.#speech = speech.filter(({ folder }) => !faults.some((fault) => fault.folder === folder))
    this.#faults = faults
    return before !== this.#ids()
  }

  #ids(): string {
    return [...this.all, ...this.#speech].map(({ id }) => id).join()
  }
}

/** Reads a graph. Throws a UserError when its hash differs from the description's, or it needs another file. */
export async function readGraph(path: string, graph: Pick<Graph, 'sha256' | 'bytes'>): Promise<Uint8Array> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new UserError(`Cannot read the network ${path}: ${messageOf(cause)}.`, { code: 'model-broken', cause })
  })
  if (size !== graph.bytes) throw damaged(path, `it has ${size} bytes, not ${graph.bytes}`)
  const bytes = await readFile(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== graph.sha256) throw damaged(path, `its SHA-256 is ${sha256}, not ${graph.sha256}`)
  refuseExternalData(bytes, `The network ${path}`)
  return bytes
}

function isSpeech(text: string): boolean {
  return (readJson(text) as { kind?: unknown } | undefined)?.kind === 'speech'
}

function damaged(path: string, how: string): UserError {
  return new UserError(`${path} is damaged: ${how}. Install the model again, or the program if it came with that.`, {
    code: 'model-broken',
  })
}

async function foldersBelow(roots: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const root of roots) {
    const entries = (await readdir(root, { withFileTypes: true }).catch(noneUnlessPassing)) ?? []
    const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    found.push(...folders.map(({ name }) => join(root, name)).sort())
  }
  return found
}

/** A folder that cannot be read holds no model. But a transient fault says nothing about the folder, so it is thrown. */
function noneUnlessPassing(error: unknown): undefined {
  if (transientFaultOf(error) && (error as NodeJS.ErrnoException).code !== 'EACCES') throw error
  return undefined
}
