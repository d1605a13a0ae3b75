import { UserError } from '../song/errors.ts'
import type { Model } from './catalogue.ts'
import { Inference } from './inference.ts'
import type { Separator } from './separator.ts'

/** The models a worker has loaded: each once, when first asked for, kept warm from then on. */
export class Separators {
  readonly #models: ReadonlyMap<string, Model>
  readonly #threads: number
  readonly #open = new Map<string, Promise<Inference>>()

  constructor({ models, threads }: { models: readonly Model[]; threads: number }) {
    this.#models = new Map(models.map((model) => [model.name, model]))
    this.#threads = threads
  }

  of(name: string): Promise<Separator> {
    const known = this.#open.get(name)
    if (known) return known
    const model = this.#models.get(name)
    if (!model) {
      return Promise.reject(new UserError(`the model ${name} is not here`, { code: 'model-not-found' }))
    }
    const opening = Inference.open({ model, threads: this.#threads })
    this.#open.set(name, opening)
    opening.catch(() => this.#open.delete(name)) // a passing fault is not for ever
    return opening
  }

  async close(): Promise<void> {
    for (const inference of this.#open.values()) await (await inference.catch(() => null))?.close()
  }
}
