import pLimit from 'p-limit'
import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Delivery, Subscription } from '../broker/contract.ts'
import type { Log } from '../log.ts'
import type { Backoff } from '../platform/backoff.ts'
import { readJson } from '../platform/read-json.ts'
import { assertNever } from '../song/errors.ts'
import { CONTRACT, CONTROL_TOPIC, Control, type Invitation } from '../song/messages.ts'
import { followInvitation, type Outcome, type Step } from './follow-invitation.ts'
import { JobQueues } from './job-queues.ts'
import { PresenceSchedule, publishPresence } from './presence.ts'
import { readInvitation } from './read-invitation.ts'
import { serverApi } from './server-api.ts'
import { ServerRuns } from './server-runs.ts'
import type { WorkerModels } from './worker-models.ts'
import { WorkerPause } from './worker-pause.ts'

/** How long the message about a finished job may wait for the broker. It may get lost without harm. */
const NEWS_TIMEOUT_MS = 10_000
/** How long a stopping worker may continue its job. */
const DRAIN_MS = 10_000
const CONTROL_PREFETCH = 64

export type JobConsumerOptions = {
  broker: Pick<StompClient, 'connected' | 'whenConnected' | 'publish' | 'subscribe' | 'releaseDeliveries' | 'close'>
  worker: string
  /** The name of the machine, shown to users. */
  host: string
  models: Pick<WorkerModels, 'usable' | 'kinds' | 'memoryMb' | 'offer' | 'workOf'>
  log: Pick<Log, 'info' | 'warn'>
  onStep?(step: Step, jobId: number): void
  /** Called when the worker is connected and subscribed for the first time. */
  onListening?(): void
  pauseBackoff?: Backoff
}

/** The invitation that the worker follows now. `jobId`: the job that the server assigned, or the one of the invitation. */
type Current = { invitation: Invitation; jobId: number; ended: Promise<unknown>; preemption: AbortController }

/**
 * A worker's loop: it takes one invitation at a time from the broker, follows it, publishes the news, and acknowledges last. So
 * a worker may die at any moment: the broker gives unacknowledged invitations to the next idle worker.
 *
 * A worker that could not try a job (no way to the server, no model, no memory) returns it and pauses, longer each time. So a
 * faulty worker cannot use up the attempts of all jobs.
 */
export class JobConsumer {
  readonly #options: JobConsumerOptions
  readonly #startedAt = Date.now()
  readonly #stopping = new AbortController()
  readonly #runs = new ServerRuns()
  readonly #presence: PresenceSchedule
  readonly #control: Subscription
  readonly #queues: JobQueues
  /** Invitations are followed one after the other, whatever queue they come from. One that throws does not stop the next. */
  readonly #oneAtATime = pLimit(1)
  readonly #pause: WorkerPause
  #current: Current | null = null
  #finishedJobs = 0
  #speed: number | null = null

  constructor(options: JobConsumerOptions) {
    this.#options = options
    this.#pause = new WorkerPause({ onEnd: () => this.#resume(), backoff: options.pauseBackoff })
    this.#control = options.broker.subscribe({
      destination: CONTROL_TOPIC,
      prefetch: CONTROL_PREFETCH,
      ack: 'auto',
      onDelivery: ({ body }) => this.#handleControl(body),
    })
    this.#queues = new JobQueues({ broker: options.broker, onDelivery: (delivery) => this.#take(delivery) })
    this.#queues.listen(options.models.usable)
    this.#presence = new PresenceSchedule(() => this.#publishPresence())
    void options.broker.whenConnected().then(() => {
      options.onListening?.()
      this.#publishPresence()
    })
  }

  /** Lets the present job finish, for at most DRAIN_MS, and disconnects: the broker gives the invitation to others. */
  async close(): Promise<void> {
    this.#pause.cancel()
    const present = this.#current?.ended
    if (present) await Promise.race([present, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())])
    this.#stopping.abort()
    this.#presence.close()
    this.#publishPresence('leaving')
    await this.#control.unsubscribe()
    await this.#options.broker.close()
  }

  async #take(delivery: Delivery): Promise<void> {
    const invitation = readInvitation(delivery.body)
    const { log, worker } = this.#options
    if (invitation === null) {
      log.warn(`Worker[${worker}] removed an invitation that cannot be read - ACK`)
      await delivery.ack()
    } else if ('contract' in invitation) {
      if (this.#queues.isPaused) return
      log.warn(
        `Worker[${worker}] speaks contract ${CONTRACT}, the server ${invitation.contract}: update the older one.`,
      )
      await this.#returnAndPause()
    } else await this.#oneAtATime(() => this.#follow(invitation, delivery))
  }

  async #follow(invitation: Invitation, delivery: Delivery): Promise<void> {
    if (this.#queues.isPaused) return // the pause has ended the delivery's connection, so the broker has the invitation back
    const preemption = new AbortController()
    const work = this.#work(invitation, delivery, preemption.signal)
    this.#current = { invitation, jobId: invitation.jobId, ended: work.catch(() => undefined), preemption }
    this.#presence.publishSoon()
    try {
      await work
    } finally {
      this.#current = null
      this.#presence.publishSoon()
    }
  }

  async #work(invitation: Invitation, delivery: Delivery, preempted: AbortSignal): Promise<void> {
    const { worker, models, log, onStep } = this.#options
    const redelivered = delivery.redelivered ? ' (redelivered)' : ''
    const outcome = await followInvitation({
      invitation,
      worker,
      api: serverApi(invitation.server, this.#stopping.signal),
      workOf: (assignment, from) => models.workOf(assignment, from),
      isCancelled: () => this.#runs.isStale(invitation),
      preempted,
      onStep: (step, { jobId, attempt, kind }) => {
        if (step === 'claimed') {
          this.#setAssigned(jobId)
          log.info({ jobId, attempt, kind }, `Worker[${worker}] started Job[${jobId}]${redelivered}.`)
        }
        onStep?.(step, jobId)
      },
    })
    await this.#settle(outcome, invitation, delivery)
  }

  /** The server may assign another job than the one of the invitation. */
  #setAssigned(jobId: number): void {
    if (!this.#current || this.#current.jobId === jobId) return
    this.#current.jobId = jobId
    this.#presence.publishSoon()
  }

  async #settle(outcome: Outcome, invitation: Invitation, delivery: Delivery): Promise<void> {
    const { worker, log, models } = this.#options
    const { jobId } = outcome
    const about = `Worker[${worker}]: Job[${jobId}]`
    switch (outcome.kind) {
      case 'done':
        this.#reportDone(outcome, invitation)
        await delivery.ack()
        log.info({ jobId, seconds: outcome.news.seconds }, `${about} - JobDoneMsg - ACK`)
        return
      case 'gone':
        await delivery.ack()
        log.info({ jobId }, `${about} - nothing left to do (${outcome.reason}) - ACK`)
        return
      case 'preempted':
        log.info({ jobId }, `${about} - preempted by a more urgent job - NACK`)
        await delivery.nack()
        return
      case 'failed':
        log.warn({ jobId }, `${about} - failed: ${outcome.reason} - NACK`)
        await delivery.nack()
        return
      case 'returned':
        if (this.#stopping.signal.aborted) return
        log.warn({ jobId }, `${about} - given back: ${outcome.reason}.`)
        if (outcome.isModelUnavailable) this.#queues.listen(models.usable) // without that model
        await this.#returnAndPause()
        return
      default:
        assertNever(outcome)
    }
  }

  /** Publishes the news before the ACK, and does not wait for its receipt: the server has the result already. */
  #reportDone({ news, soundSeconds }: Outcome & { kind: 'done' }, { replyTo }: Invitation): void {
    this.#pause.reset()
    this.#finishedJobs++
    if (news.kind === 'separate') this.#speed = soundSeconds / news.seconds
    const { broker, log, worker } = this.#options
    const message = { destination: replyTo, body: JSON.stringify(news), persistent: true }
    broker.publish({ ...message, signal: AbortSignal.timeout(NEWS_TIMEOUT_MS) }).catch(() => {
      log.warn({ jobId: news.jobId }, `Worker[${worker}]: Job[${news.jobId}] - JobDoneMsg was not confirmed.`)
    })
  }

  /**
   * Unsubscribes and reconnects, and so returns the invitation to the broker. A NACK could bring it straight back to this
   * worker, and after UNSUBSCRIBE there is no way to refuse it.
   */
  async #returnAndPause(): Promise<void> {
    const { log, worker, broker } = this.#options
    const pauseMs = this.#pause.nextMs()
    log.warn(`Worker[${worker}] pauses for ${pauseMs / 1000} s.`)
    await this.#queues.pause()
    broker.releaseDeliveries()
    // UNSUBSCRIBE may take longer than the pause. If the pause ended before it, a job could begin and be dropped half-done.
    this.#pause.start(pauseMs)
  }

  #resume(): void {
    if (this.#stopping.signal.aborted) return
    this.#queues.resume(this.#options.models.usable)
    this.#publishPresence()
  }

  #handleControl(body: string): void {
    const control = Control.safeParse(readJson(body))
    if (!control.success || control.data.v !== CONTRACT) return
    const { kind, serverId, letGo: preemptedJobIds } = control.data
    const { log, worker, models } = this.#options
    const isNewServer = !this.#runs.has(serverId)
    this.#runs.learn(control.data)
    const current = this.#current?.invitation.serverId === serverId ? this.#current : null
    if (current && preemptedJobIds.includes(current.jobId)) current.preemption.abort()
    if (kind === 'reset' && current && this.#runs.isStale(current.invitation)) {
      log.info({ jobId: current.jobId }, `Worker[${worker}]: reset - Job[${current.jobId}] is dropped.`)
    }
    const hasChanged = models.offer(serverId, control.data.models)
    if (hasChanged) this.#queues.listen(models.usable)
    if (hasChanged || isNewServer) this.#publishPresence()
  }

  #publishPresence(leaving?: 'leaving'): void {
    const { broker, worker, host, models } = this.#options
    publishPresence(broker, {
      v: CONTRACT,
      worker,
      host,
      pid: process.pid,
      state: leaving ?? (this.#current ? 'busy' : this.#queues.isPaused ? 'paused' : 'idle'),
      jobId: this.#current?.jobId ?? null,
      serverId: this.#current?.invitation.serverId ?? null,
      kinds: models.kinds,
      models: this.#queues.isPaused ? [] : models.usable,
      memoryMb: models.memoryMb,
      startedAt: this.#startedAt,
      jobs: this.#finishedJobs,
      speed: this.#speed,
    })
  }
}
