import { CONTRACT, PRESENCE_EVERY_MS, Presence } from '../song/messages.ts'
import { readJson } from '../song/read-json.ts'

const BEATS_UNTIL_GONE = 3
/** The broker gives what a worker held when it left to another one, which takes a moment. */
const REDELIVERED_WITHIN_MS = 5_000

export type KnownWorker = Presence & { seenAt: number }

/**
 * Who is there, by their presence messages. It decides only how many invitations are out, who shares a machine, and when
 * a silent worker's job is offered again: a wrong guess costs time or a duplicate, never a song.
 */
export class WorkerRegistry {
  readonly #workers = new Map<string, KnownWorker>()
  /** Of those who left a moment ago: when. */
  readonly #leftAt = new Map<string, number>()
  readonly #listeners: (() => void)[] = []

  /** `listener` is called whenever a worker comes, leaves or changes its state. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Notes a presence message; returns why it is refused, or null. */
  note(body: string, now: number): string | null {
    const parsed = Presence.safeParse(readJson(body))
    if (!parsed.success) return `a presence message that cannot be read: ${body.slice(0, 200)}`
    const presence = parsed.data
    if (presence.v !== CONTRACT) {
      return `Worker[${presence.worker}] speaks contract ${presence.v}, this server ${CONTRACT}: update the older one`
    }
    if (this.#leftAt.has(presence.worker)) return null // sent before it left: a name is used for one life only
    const before = this.#workers.get(presence.worker)
    if (presence.state === 'leaving') {
      this.#workers.delete(presence.worker)
      this.#leftAt.set(presence.worker, now)
    } else this.#workers.set(presence.worker, { ...presence, seenAt: now })
    const isNews =
      !before ||
      before.state !== presence.state ||
      before.jobId !== presence.jobId ||
      before.models.join() !== presence.models.join()
    if (isNews) this.#tell()
    return null
  }

  /** Forgets workers that have been silent for three beats, and returns them. */
  forgetSilent(now: number): KnownWorker[] {
    const gone = this.list().filter((worker) => now - worker.seenAt > BEATS_UNTIL_GONE * PRESENCE_EVERY_MS)
    for (const worker of gone) this.#workers.delete(worker.worker)
    if (gone.length > 0) this.#tell()
    for (const [worker, leftAt] of this.#leftAt) {
      if (now - leftAt > REDELIVERED_WITHIN_MS) this.#leftAt.delete(worker)
    }
    return gone
  }

  list(): KnownWorker[] {
    return [...this.#workers.values()].sort((a, b) => a.startedAt - b.startedAt)
  }

  /** The names of those who are there, and of those who left so shortly ago that their job may be on its way to another one. */
  names(): ReadonlySet<string> {
    return new Set([...this.#workers.keys(), ...this.#leftAt.keys()])
  }

  /** Workers that take invitations now: all of them, or those that have a model. */
  available(modelId?: string): number {
    return this.list().filter(({ state, models }) => {
      return (state === 'idle' || state === 'busy') && (modelId === undefined || models.includes(modelId))
    }).length
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
