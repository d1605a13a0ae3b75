import type { StompClient } from '../broker/stomp-client.ts'
import type { Log } from '../log.ts'
import {
  CONTRACT,
  CONTROL_TOPIC,
  type Control,
  JobDone,
  PRESENCE_EVERY_MS,
  PRESENCE_TOPIC,
  resultsQueue,
} from '../song/messages.ts'
import { readJson } from '../song/read-json.ts'
import type { Database } from '../store/database.ts'
import { type Job, jobsInState } from '../store/jobs.ts'
import { jobsToLetGo } from './first-sound.ts'
import { type Playhead, Playheads } from './playheads.ts'
import { Publisher, type Sender } from './publish.ts'
import { jobsToOfferAgain } from './watch.ts'
import { WorkerRegistry } from './workers.ts'

const WATCH_EVERY_MS = 1_000
const FILL_WITHIN_MS = 10
/** Workers are given so long after a start of the server to say that they are there. */
const FIRST_PRESENCE_MS = 3 * PRESENCE_EVERY_MS

export type DispatchOptions = {
  db: Database
  broker: StompClient
  sender: Sender
  log: Log
  /** The models there may be work for, and what a worker needs to hold them. */
  models(): Control['models']
  onWorkers(): void
  /** Invitations that were lost, or whose worker was, and were sent anew. */
  onOfferedAgain(jobs: readonly Job[]): void
  /** Runs what a timer or a message starts: a passing fault of the ledger ends it, and the clock comes again. */
  guard(work: () => void): void
}

/**
 * The ledger's side of the broker: sends invitations, hears who is there and what was done, offers again what was lost.
 * Nothing that comes in here decides anything about a job: that is done over HTTP, against the ledger.
 */
export class Dispatch {
  readonly workers: WorkerRegistry
  readonly playheads = new Playheads()
  readonly #options: DispatchOptions
  readonly #publisher: Publisher
  readonly #stopping = new AbortController()
  readonly #timers: NodeJS.Timeout[]
  readonly #startedAt: number
  #lastClaimAt: number
  #reconnectedAt: number | null = null
  #filling: NodeJS.Timeout | null = null
  /** The jobs that are to be let go, whose workers were told so. */
  #letGo = new Set<number>()

  constructor(options: DispatchOptions) {
    this.#options = options
    this.#startedAt = options.db.now()
    this.#lastClaimAt = this.#startedAt
    this.workers = new WorkerRegistry(() => {
      options.onWorkers()
      this.fillSoon()
    })
    this.#publisher = new Publisher({
      db: options.db,
      broker: options.broker,
      sender: options.sender,
      workers: (modelId) => this.workers.available(modelId),
      playheads: () => this.listening(),
      signal: this.#stopping.signal,
      onFault: (error) => options.log.error({ err: error }, 'Server: an invitation could not be sent.'),
    })
    this.#subscribe()
    this.#timers = [
      setInterval(() => options.guard(() => this.#watch()), WATCH_EVERY_MS),
      setInterval(() => options.guard(() => this.announce('beacon')), PRESENCE_EVERY_MS),
    ]
    this.announce('beacon')
  }

  /** Sends what may be sent now. Cheap when there is nothing to do; call it after every change. */
  fill(): Job[] {
    if (this.#stopping.signal.aborted) return []
    const sent = this.#publisher.fill()
    this.#makeWay()
    return sent
  }

  /**
   * The same within a moment, once for all that call meanwhile: for what follows from a worker's own steps. The worker has
   * no use for it yet, since an invitation more than it can follow is out already.
   */
  fillSoon(): void {
    this.#filling ??= setTimeout(() => {
      this.#filling = null
      this.#options.guard(() => this.fill())
    }, FILL_WITHIN_MS)
  }

  /** Where people listen now, the most urgent first. */
  listening(): Playhead[] {
    return this.playheads.list(performance.now())
  }

  /** Somebody listens there. */
  noteListener(listener: string, playhead: Playhead): void {
    this.playheads.note(listener, playhead, performance.now())
  }

  /** Asks workers, once each, to let go what is in the way of what somebody waits for in silence. */
  #makeWay(): void {
    const idle = this.workers.list().filter(({ state }) => state === 'idle').length
    const jobs = jobsToLetGo(this.#options.db, { playheads: this.listening(), idle })
    const news = jobs.filter(({ id }) => !this.#letGo.has(id))
    this.#letGo = new Set(jobs.map(({ id }) => id))
    if (news.length > 0) this.announce('urgent', news)
  }

  noteClaim(): void {
    this.#lastClaimAt = this.#options.db.now()
  }

  /** To be called when the broker is reached again after it was lost. */
  noteReconnect(): void {
    this.#reconnectedAt = this.#options.db.now()
    this.#options.guard(() => this.announce('beacon'))
  }

  announce(kind: Control['kind'], letGo: readonly Job[] = []): void {
    const { broker, sender } = this.#options
    if (!broker.connected) return
    const models = [...this.#options.models()]
    const control: Control = {
      v: CONTRACT,
      kind,
      serverId: sender.serverId,
      run: sender.run(),
      models,
      letGo: letGo.map(({ id }) => id),
    }
    const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
    // A beacon that is lost is repeated in five seconds.
    broker.publish({ destination: CONTROL_TOPIC, body: JSON.stringify(control), signal }).catch(() => undefined)
  }

  close(): void {
    this.#stopping.abort()
    if (this.#filling) clearTimeout(this.#filling)
    for (const timer of this.#timers) clearInterval(timer)
  }

  #subscribe(): void {
    const { broker, log, sender } = this.#options
    broker.subscribe({
      destination: PRESENCE_TOPIC,
      prefetch: 256,
      ack: 'auto',
      onDelivery: ({ body }) => {
        const refusal = this.workers.note(body, performance.now())
        if (refusal) log.warn(`Server: ${refusal}.`)
      },
    })
    broker.subscribe({
      destination: resultsQueue(sender.serverId),
      prefetch: 64,
      ack: 'client-individual',
      onDelivery: async (delivery) => {
        this.#hear(delivery.body)
        await delivery.ack()
      },
    })
  }

  #hear(body: string): void {
    const news = JobDone.safeParse(readJson(body))
    if (!news.success) {
      this.#options.log.warn('Server: a JobDoneMsg that cannot be read - ACK')
      return
    }
    const { jobId, seconds, worker, outcome } = news.data
    const duplicate = outcome === 'duplicate' ? ' (duplicate)' : ''
    this.#options.log.info(
      { jobId, worker, seconds, outcome },
      `Server: JobDoneMsg[${jobId}] - ACK - job time: ${seconds.toFixed(2)}[s]${duplicate}`,
    )
  }

  #watch(): void {
    const { db, log } = this.#options
    const now = db.now()
    for (const { worker, host } of this.workers.forgetSilent(performance.now())) {
      log.warn(`Server: Worker[${worker}] on ${host} has fallen silent.`)
    }
    const again = jobsToOfferAgain({
      now,
      published: jobsInState(db, 'published'),
      claimed: jobsInState(db, 'claimed'),
      lastClaimAt: this.#lastClaimAt,
      reconnectedAt: this.#reconnectedAt,
      idleWorkersFor: ({ modelId }) =>
        this.workers.list().filter(({ state, models }) => state === 'idle' && models.includes(modelId)).length,
      isWorkerKnown: (worker) => this.workers.has(worker) || now - this.#startedAt < FIRST_PRESENCE_MS,
    })
    if (this.#options.broker.connected) {
      const sent = again.flatMap((job) => this.#publisher.publish(job) ?? [])
      for (const { id, generation } of sent) log.warn(`Server: Job[${id}] is offered again (${generation}).`)
      if (sent.length > 0) {
        this.#options.onOfferedAgain(sent)
      }
    }
    this.fill()
  }
}
