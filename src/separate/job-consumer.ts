import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Delivery, Subscription } from '../broker/contract.ts'
import type { Log } from '../log.ts'
import { CONTRACT, CONTROL_TOPIC, Control, Invitation, type Presence } from '../song/messages.ts'
import { readJson } from '../song/read-json.ts'
import { followInvitation, type Outcome, type Step } from './follow-invitation.ts'
import { JobQueues } from './job-queues.ts'
import { PresenceSchedule, publishPresence } from './presence.ts'
import { type ServerApi, serverApi } from './server-api.ts'
import type { WorkerModels } from './worker-models.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
const DONE_NEWS_TIMEOUT_MS = 10_000
/** How long a worker that stops may go on with the job it has. */
const DRAIN_MS = 10_000

export type JobConsumerOptions = {
  broker: StompClient
  worker: string
  /** The machine, as others are to know it. */
  host: string
  models: WorkerModels
  log: Log
  onStep?(step: Step, jobId: number): void
  /** Connected and subscribed for the first time. */
  onListening?(): void
}

/**
 * A worker's life: takes one invitation at a time from the broker, follows it, says so, acknowledges last. So a worker
 * may die at any moment: whatever it has not acknowledged the broker gives to the next free one.
 *
 * A worker that could not try (no way to the server, no model, no memory) gives the job back and takes no other for a
 * while, 1, 2, 4 … 60 s, so that a sick worker cannot burn all jobs.
 */
export class JobConsumer {
  readonly #options: JobConsumerOptions
  readonly #startedAt = Date.now()
  readonly #stopping = new AbortController()
  /** The newest run of every server: its resets cancel older work. */
  readonly #runs = new Map<string, number>()
  readonly #presence: PresenceSchedule
  readonly #control: Subscription
  readonly #queues: JobQueues
  /** Invitations are followed one after the other, from whatever queue they come. */
  #line: Promise<void> = Promise.resolve()
  #current: { invitation: Invitation; jobId: number; ended: Promise<void>; yielding: AbortController } | null = null
  #pauseMs = 0
  #resume: NodeJS.Timeout | null = null
  #finishedJobs = 0
  #speed: number | null = null

  constructor(options: JobConsumerOptions) {
    this.#options = options
    this.#control = options.broker.subscribe({
      destination: CONTROL_TOPIC,
      prefetch: 64,
      ack: 'auto',
      onDelivery: ({ body }) => this.#obey(body),
    })
    this.#queues = new JobQueues({ broker: options.broker, onDelivery: (delivery) => this.#take(delivery) })
    this.#queues.listen(options.models.usable)
    this.#presence = new PresenceSchedule(() => this.announce())
    void options.broker.whenConnected().then(() => {
      options.onListening?.()
      this.announce()
    })
  }

  /** Tells everybody who we are and what we do. Losing it costs nothing: the next one comes in five seconds. */
  announce(): void {
    this.#say(this.#state())
  }

  /** Lets the present job finish, within bounds, and leaves; what is not acknowledged then goes to another worker. */
  async close(): Promise<void> {
    if (this.#resume) clearTimeout(this.#resume)
    const present = this.#current?.ended
    if (present) await Promise.race([present, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())])
    this.#stopping.abort()
    this.#presence.close()
    this.#say('leaving')
    await this.#control.unsubscribe()
    await this.#options.broker.close()
  }

  async #take(delivery: Delivery): Promise<void> {
    const read = Invitation.safeParse(readJson(delivery.body))
    const { log, worker } = this.#options
    if (!read.success) {
      log.warn(`Worker[${worker}] refused an invitation that cannot be read - ACK`)
      await delivery.ack()
      return
    }
    const invitation = read.data
    if (invitation.v !== CONTRACT) {
      log.warn(`Worker[${worker}] speaks contract ${CONTRACT}, the server ${invitation.v}: update the older one.`)
      await this.#giveBack()
      return
    }
    this.#line = this.#line.then(async () => {
      if (this.#queues.isPaused) return // the connection it came on was let go, and it with it
      const yielding = new AbortController()
      const work = this.#work(invitation, delivery, yielding.signal)
      this.#current = { invitation, jobId: invitation.jobId, ended: work, yielding }
      this.#presence.soon()
      try {
        await work
      } finally {
        this.#current = null
        this.#presence.soon()
      }
    })
    await this.#line
  }

  async #work(invitation: Invitation, delivery: Delivery, isYielding: AbortSignal): Promise<void> {
    const { worker, models, log, onStep } = this.#options
    const redelivered = delivery.redelivered ? ' (redelivered)' : ''
    const api: ServerApi = serverApi(invitation.server, this.#stopping.signal)
    const outcome = await followInvitation({
      invitation,
      worker,
      api,
      separatorOf: (assignment, from) => models.separatorOf(assignment, from),
      isCancelled: () => this.#isStale(invitation),
      isYielding,
      onStep: (step, { jobId, attempt, segment }) => {
        if (step === 'claimed') this.#note(jobId)
        if (step === 'claimed')
          log.info({ jobId, attempt, segment }, `Worker[${worker}] started Job[${jobId}]${redelivered}.`)
        onStep?.(step, jobId)
      },
    })
    await this.#settle(outcome, invitation, delivery)
  }

  /** The server gave another job than it had invited us to. */
  #note(jobId: number): void {
    if (!this.#current || this.#current.jobId === jobId) return
    this.#current.jobId = jobId
    this.#presence.soon()
  }

  async #settle(outcome: Outcome, invitation: Invitation, delivery: Delivery): Promise<void> {
    const { worker, log, broker } = this.#options
    const jobId = jobOf(outcome) ?? invitation.jobId
    switch (outcome.kind) {
      case 'done': {
        this.#pauseMs = 0
        this.#finishedJobs++
        this.#speed = outcome.soundSeconds / outcome.news.seconds
        const signal = AbortSignal.timeout(DONE_NEWS_TIMEOUT_MS)
        const news = { destination: invitation.replyTo, body: JSON.stringify(outcome.news), persistent: true, signal }
        // On its way before the ACK, which does not wait for its receipt: it is news, and its loss loses nothing.
        broker.publish(news).catch(() => log.warn(`Worker[${worker}]: Job[${jobId}] - JobDoneMsg was not confirmed.`))
        await delivery.ack()
        log.info({ jobId, seconds: outcome.news.seconds }, `Worker[${worker}]: Job[${jobId}] - JobDoneMsg - ACK`)
        return
      }
      case 'gone':
        await delivery.ack()
        log.info({ jobId }, `Worker[${worker}]: Job[${jobId}] - nothing left to do (${outcome.reason}) - ACK`)
        return
      case 'yielded':
        log.info({ jobId }, `Worker[${worker}]: Job[${jobId}] - let go for what is heard sooner - NACK`)
        await delivery.nack()
        return
      case 'failed':
        log.warn({ jobId }, `Worker[${worker}]: Job[${jobId}] - failed: ${outcome.reason} - NACK`)
        await delivery.nack()
        return
      case 'returned':
        if (this.#stopping.signal.aborted) return
        log.warn({ jobId }, `Worker[${worker}]: Job[${jobId}] - given back: ${outcome.reason}.`)
        if (outcome.isModel) this.#queues.listen(this.#options.models.usable) // no longer for that model's jobs
        await this.#giveBack()
        return
    }
  }

  /**
   * Stops listening and lets the connection go, and with it the job: after a NACK it could come straight back to us, and
   * once unsubscribed there would be no way to refuse it.
   */
  async #giveBack(): Promise<void> {
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs))
    const { log, worker, broker } = this.#options
    log.warn(`Worker[${worker}] pauses for ${this.#pauseMs / 1000} s.`)
    await this.#queues.pause()
    broker.letGo()
    this.#resume = setTimeout(() => {
      if (this.#stopping.signal.aborted) return
      this.#queues.resume(this.#options.models.usable)
      this.announce()
    }, this.#pauseMs)
  }

  #obey(body: string): void {
    const control = Control.safeParse(readJson(body))
    if (!control.success || control.data.v !== CONTRACT) return
    const { kind, serverId, run, models, letGo } = control.data
    const known = this.#runs.get(serverId)
    this.#runs.set(serverId, Math.max(run, known ?? 0))
    const { invitation, yielding } = this.#current ?? {}
    if (invitation?.serverId === serverId && letGo.includes(this.#current?.jobId ?? 0)) yielding?.abort()
    if (kind === 'reset' && invitation && this.#isStale(invitation)) {
      this.#options.log.info(`Worker[${this.#options.worker}]: reset - Job[${this.#current?.jobId}] is dropped.`)
    }
    const isNews = this.#options.models.offer(serverId, models)
    if (isNews) this.#queues.listen(this.#options.models.usable)
    if (isNews || known === undefined) this.announce()
  }

  #isStale({ serverId, run }: Invitation): boolean {
    return run < (this.#runs.get(serverId) ?? 0)
  }

  #state(): Presence['state'] {
    if (this.#current) return 'busy'
    return this.#queues.isPaused ? 'paused' : 'idle'
  }

  #say(state: Presence['state']): void {
    const { broker, worker, host, models } = this.#options
    const { jobId = null, invitation } = this.#current ?? {}
    publishPresence(broker, {
      v: CONTRACT,
      worker,
      host,
      pid: process.pid,
      state,
      jobId,
      serverId: invitation?.serverId ?? null,
      models: this.#queues.isPaused ? [] : models.usable,
      memoryMb: models.memoryMb,
      startedAt: this.#startedAt,
      jobs: this.#finishedJobs,
      speed: this.#speed,
    })
  }
}

function jobOf(outcome: Outcome): number | null {
  if (outcome.kind === 'done') return outcome.news.jobId
  return outcome.kind === 'gone' ? null : outcome.jobId
}
