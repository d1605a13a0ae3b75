import { CONTRACT, PRESENCE_EVERY_MS, Presence } from '../song/messages.ts'
import { readJson } from '../song/read-json.ts'

const BEATS_UNTIL_GONE = 3

export type KnownWorker = Presence & { seenAt: number }

/**
 * Who is there, by their presence messages. Nothing is decided by it but how many invitations are sent ahead and when a
 * silent worker's job is offered again: a wrong guess costs a duplicate, never a song.
 */
export class WorkerRegistry {
  readonly #workers = new Map<string, KnownWorker>()
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Notes a presence message; returns why it is refused, or null. */
  note(body: string, now: number): string | null {
    const parsed = Presence.safeParse(readJson(body))
    if (!parsed.success) return `a presence message that cannot be read: ${body.slice(0, 200)}`
    const presence = parsed.data
    if (presence.v !== CONTRACT) {
      return `Worker[${presence.worker}] speaks contract ${presence.v}, this server ${CONTRACT}: update the older one`
    }
    const before = this.#workers.get(presence.worker)
    if (presence.state === 'leaving') this.#workers.delete(presence.worker)
    else this.#workers.set(presence.worker, { ...presence, seenAt: now })
    const isNews =
      !before ||
      before.state !== presence.state ||
      before.jobId !== presence.jobId ||
      before.models.join() !== presence.models.join()
    if (isNews) this.#onChange()
    return null
  }

  /** Forgets workers that have been silent for three beats, and returns them. */
  forgetSilent(now: number): KnownWorker[] {
    const gone = this.list().filter((worker) => now - worker.seenAt > BEATS_UNTIL_GONE * PRESENCE_EVERY_MS)
    for (const worker of gone) this.#workers.delete(worker.worker)
    if (gone.length > 0) this.#onChange()
    return gone
  }

  list(): KnownWorker[] {
    return [...this.#workers.values()].sort((a, b) => a.startedAt - b.startedAt)
  }

  has(worker: string): boolean {
    return this.#workers.has(worker)
  }

  /** Workers that take invitations now: all of them, or those that have a model. */
  available(modelId?: string): number {
    return this.list().filter(({ state, models }) => {
      return (state === 'idle' || state === 'busy') && (modelId === undefined || models.includes(modelId))
    }).length
  }
}
