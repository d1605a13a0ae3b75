import { rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseModel } from '../models/description.ts'
import type { InstalledModel, InstalledModels } from '../models/installed-models.ts'
import { removeOldParts } from '../models/model-folder.ts'
import { makeFolders } from '../platform/make-folders.ts'
import { UserError } from '../song/errors.ts'
import { type Assignment, type Control, JOB_KINDS, type JobKind, type LyricsAssignment } from '../song/messages.ts'
import { CouldNotTry } from './could-not-try.ts'
import { type JobWork, lyricsWork, separationWork } from './job-work.ts'
import type { ModelPool } from './model-pool.ts'
import type { Separator } from './separator.ts'
import type { ServerApi } from './server-api.ts'

type Offered = Control['models'][number]

/**
 * The models that a worker can use: those on its machine, and those that servers offer and that fit into its memory. A model
 * of a server is fetched with the first job that needs it, verified, and kept.
 */
export class WorkerModels {
  readonly #installedModels: InstalledModels
  readonly #pool: ModelPool
  readonly #cacheFolder: string
  readonly #offered = new Map<string, readonly Offered[]>()
  /** Ids of models that cannot be loaded here. */
  readonly #unusable: Set<string>

  /**
   * @param installedModels has `cacheFolder` among its folders
   * @param refused ids of models that killed a worker on this machine
   */
  constructor({
    installedModels,
    pool,
    cacheFolder,
    refused,
  }: {
    installedModels: InstalledModels
    pool: ModelPool
    cacheFolder: string
    refused: readonly string[]
  }) {
    this.#installedModels = installedModels
    this.#pool = pool
    this.#cacheFolder = cacheFolder
    this.#unusable = new Set(refused)
  }

  /** The kinds of jobs that this worker does. */
  get kinds(): JobKind[] {
    return [...JOB_KINDS]
  }

  get memoryMb(): number {
    return this.#pool.capacity.memoryMb
  }

  /** Ids of the models whose jobs this worker takes. */
  get usable(): string[] {
    const all = new Map<string, number>()
    for (const { id, memoryMb } of this.#installedModels.all) all.set(id, memoryMb)
    const offered = [...this.#offered.values()].flat()
    // A model that hears words is not fetched: it comes with the program. It is of use only if a server has work for it.
    const isHere = new Set(this.#installedModels.speech.map(({ id }) => id))
    for (const { id, kind, memoryMb } of offered) if (kind === 'separate' || isHere.has(id)) all.set(id, memoryMb)
    return [...all].flatMap(([id, memoryMb]) => (memoryMb <= this.memoryMb && !this.#unusable.has(id) ? [id] : []))
  }

  /** Notes the models that a server may have jobs for. @returns whether `usable` has changed */
  offer(serverId: string, models: readonly Offered[]): boolean {
    const before = this.usable.join()
    this.#offered.set(serverId, models)
    return this.usable.join() !== before
  }

  /** The work of a job. Throws when its model cannot be fetched or loaded. One that cannot be loaded is not usable from then on. */
  async workOf(assignment: Assignment, api: ServerApi): Promise<JobWork> {
    const { modelId } = assignment
    if (assignment.kind === 'lyrics') return this.#lyricsWork(assignment)
    return separationWork(
      await this.load(this.#installedModels.byId(modelId) ?? (await this.#fetch(assignment, api))),
      assignment,
    )
  }

  async #lyricsWork(assignment: LyricsAssignment): Promise<JobWork> {
    const { modelId } = assignment
    const model = this.#installedModels.speech.find(({ id }) => id === modelId)
    if (!model) throw new CouldNotTry(`model ${modelId} is not installed here`)
    return lyricsWork(await this.#loaded(model, () => this.#pool.speechOf(model)), assignment)
  }

  /** Throws when the model cannot be loaded; it is not usable from then on. */
  load(model: InstalledModel): Promise<Separator> {
    return this.#loaded(model, () => this.#pool.separatorOf(model))
  }

  async #loaded<T>({ id }: { id: string }, load: () => Promise<T>): Promise<T> {
    try {
      return await load()
    } catch (error) {
      this.#unusable.add(id)
      throw error
    }
  }

  async #fetch(assignment: Assignment, api: ServerApi): Promise<InstalledModel> {
    const { modelId } = assignment
    const text = await api.fetchModel(assignment)
    const model = parseModel(text, `What the server sent as ${modelId}`)
    if (model.id !== modelId) throw new CouldNotTry(`the server sent model ${model.id}, not ${modelId}`)
    const folder = join(this.#cacheFolder, model.id)
    makeFolders(folder)
    await removeOldParts(folder)
    const here = new Set(this.#installedModels.all.flatMap(({ graphs }) => graphs.map(({ sha256 }) => sha256)))
    for (const graph of model.graphs) {
      if (here.has(graph.sha256)) continue
      await api.fetchGraph(assignment, graph, join(folder, graph.file)).catch(async (error: unknown) => {
        await rmdir(folder).catch(() => undefined) // fails, as wanted, when a part has come that the next attempt resumes
        throw error
      })
    }
    const unfinished = join(folder, `model.json.${process.pid}`)
    await writeFile(unfinished, text)
    await rename(unfinished, join(folder, 'model.json'))
    await this.#installedModels.refresh()
    const found = this.#installedModels.byId(modelId)
    if (found) return found
    await rm(folder, { recursive: true, force: true })
    throw new UserError(`Model ${modelId} did not arrive complete.`, { code: 'model-broken' })
  }
}
