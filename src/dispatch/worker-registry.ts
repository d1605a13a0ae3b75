import { readJson } from '../platform/read-json.ts'
import { CONTRACT, contractOf } from '../song/messages.ts'
import { DEATH_NOTICE_PID, PRESENCE_EVERY_MS, Presence } from '../song/worker-presence.ts'

/** A worker counts as gone after this many missed presence messages. */
const BEATS_UNTIL_GONE = 3
/** After a worker has left, the broker redelivers its invitation to another worker within this time. */
const REDELIVERED_WITHIN_MS = 5_000
/** A lost worker stays visible for this time, so that somebody who watches sees what became of it. */
const LOST_SHOWN_MS = 10_000

export type KnownWorker = Presence & { seenAt: number }

/**
 * The connected workers, by their presence messages. The scheduler takes from it how many invitations to send, which workers
 * share a machine, and which workers are silent. A wrong guess costs time or a duplicate attempt, but loses nothing.
 */
export class WorkerRegistry {
  readonly #workers = new Map<string, KnownWorker>()
  /** The time at which each worker left that left a moment ago. */
  readonly #leftAt = new Map<string, number>()
  /** Workers that died or fell silent a moment ago, as they were last. They count as connected nowhere. */
  readonly #lost = new Map<string, { worker: KnownWorker; lostAt: number }>()
  readonly #listeners: (() => void)[] = []

  /** Calls `listener` after a worker has come, left or changed its state. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Takes in a presence message. Returns null, or the reason why it is refused. */
  receivePresence(body: string, now: number): string | null {
    const message = readJson(body)
    const contract = contractOf(message)
    if (contract !== null && contract !== CONTRACT) {
      const { data } = Presence.pick({ worker: true }).safeParse(message)
      return `Worker[${data?.worker ?? '?'}] speaks contract ${contract}, this server ${CONTRACT}: update the older one`
    }
    const parsed = Presence.safeParse(message)
    if (!parsed.success) return `it cannot be read: ${body.slice(0, 200)}`
    const presence = parsed.data
    if (this.#leftAt.has(presence.worker)) return null // sent before the worker left: each start of a worker has a new name
    const before = this.#workers.get(presence.worker)
    if (presence.state === 'leaving') {
      this.#workers.delete(presence.worker)
      this.#leftAt.set(presence.worker, now)
      if (before && isDeathNotice(presence)) this.#lost.set(presence.worker, { worker: before, lostAt: now })
    } else {
      this.#workers.set(presence.worker, { ...presence, seenAt: now })
      this.#lost.delete(presence.worker)
    }
    const hasChanged =
      !before ||
      before.state !== presence.state ||
      before.jobId !== presence.jobId ||
      before.models.join() !== presence.models.join()
    if (hasChanged) this.#notify()
    return null
  }

  /** Forgets workers that have been silent for three beats, and returns them. They stay visible as lost for a while. */
  forgetSilent(now: number): KnownWorker[] {
    const gone = this.list().filter((worker) => now - worker.seenAt > BEATS_UNTIL_GONE * PRESENCE_EVERY_MS)
    for (const worker of gone) {
      this.#workers.delete(worker.worker)
      this.#lost.set(worker.worker, { worker, lostAt: now })
    }
    const shown = this.#lost.size
    this.lost(now)
    if (gone.length > 0 || this.#lost.size < shown) this.#notify()
    for (const [worker, leftAt] of this.#leftAt) {
      if (now - leftAt > REDELIVERED_WITHIN_MS) this.#leftAt.delete(worker)
    }
    return gone
  }

  list(): KnownWorker[] {
    return [...this.#workers.values()].sort((a, b) => a.startedAt - b.startedAt)
  }

  /** The workers that died or fell silent in the last ten seconds. `list` does not have them. */
  lost(now: number): KnownWorker[] {
    for (const [name, { lostAt }] of this.#lost) if (now - lostAt > LOST_SHOWN_MS) this.#lost.delete(name)
    return [...this.#lost.values()].map(({ worker }) => worker)
  }

  /** The names of connected workers, and of workers that left a moment ago, whose job the broker may not have redelivered yet. */
  names(): ReadonlySet<string> {
    return new Set([...this.#workers.keys(), ...this.#leftAt.keys()])
  }

  /** The number of workers that take invitations now, of those that have the model if one is given. */
  available(modelId?: string): number {
    return this.list().filter(({ state, models }) => {
      return (state === 'idle' || state === 'busy') && (modelId === undefined || models.includes(modelId))
    }).length
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** A supervisor sends it in the name of a worker whose process has died. A worker that leaves by itself tells its process. */
function isDeathNotice({ state, pid }: Presence): boolean {
  return state === 'leaving' && pid === DEATH_NOTICE_PID
}
