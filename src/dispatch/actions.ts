import type { Log } from '../log.ts'
import { assertNever } from '../song/errors.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Job } from '../store/queries/jobs.ts'
import { publishJob } from '../store/transitions/jobs.ts'
import { answerClaim } from './claim.ts'
import type { Decision } from './decide.ts'
import type { Requests } from './requests.ts'
import type { WorkerChannel } from './worker-channel.ts'

export type ActionsOptions = {
  db: Database
  log: Log
  maxAttempts: number
  /** Told of jobs that were published again because their invitation, or their worker, was lost. */
  onInvitedAgain(jobs: readonly Job[]): void
}

/** Carries out decisions. Each is conditional in the ledger: a job that has moved on since the snapshot is left alone. */
export class Actions {
  readonly #options: ActionsOptions
  readonly #requests: Requests
  readonly #channel: WorkerChannel
  #lastClaimAt: number
  /** Jobs whose workers were asked to stop. */
  #preempted = new Set<number>()

  constructor(options: ActionsOptions, { requests, channel }: { requests: Requests; channel: WorkerChannel }) {
    this.#options = options
    this.#requests = requests
    this.#channel = channel
    this.#lastClaimAt = options.db.now()
  }

  /** When an invitation was claimed last, by the ledger's clock; at first when the server was started. */
  get lastClaimAt(): number {
    return this.#lastClaimAt
  }

  /**
   * @param fillsSlots whether more was decided than waiting requests
   * @returns whether the ledger has changed so that one has to decide again
   */
  act(decisions: readonly Decision[], { fillsSlots }: { fillsSlots: boolean }): boolean {
    const sent: Job[] = []
    const sentAgain: Job[] = []
    let hasAnswered = false
    let preempted: readonly Job[] = []
    for (const decision of decisions) {
      switch (decision.kind) {
        case 'assign':
          this.#assign(decision.request.id, decision.swapFor)
          hasAnswered ||= decision.request.kind === 'claim'
          break
        case 'delay':
          this.#requests.delay(decision.request.id, decision)
          break
        case 'publish':
          ;(decision.isAgain ? sentAgain : sent).push(...this.#publish(decision.job))
          break
        case 'preempt':
          preempted = decision.jobs
          break
        default:
          assertNever(decision)
      }
    }
    this.#tellAgain(sentAgain)
    if (fillsSlots && !hasAnswered) this.#preempt(preempted)
    // A snapshot shows at least the two jobs that are next, but not always all that there is room for.
    return hasAnswered || sent.length > 1
  }

  #assign(id: number, swapFor: Job | null): void {
    const request = this.#requests.take(id)
    if (request?.kind === 'decoder') request.resolve()
    if (request?.kind !== 'claim') return
    const { db, maxAttempts } = this.#options
    try {
      const answer = answerClaim(db, { jobId: request.jobId, claim: request.claim, maxAttempts, swapFor })
      if (answer.kind === 'assigned') this.#lastClaimAt = db.now()
      request.resolve(answer)
    } catch (error) {
      request.reject(error)
    }
  }

  /** Lets all waiting requests go on. */
  releaseAll(): void {
    for (const id of this.#requests.ids()) this.#assign(id, null)
  }

  /** Empty where the job is no longer as it was seen. */
  #publish(seen: Job): Job[] {
    const job = publishJob(this.#options.db, seen)
    if (!job) return []
    this.#channel.invite(job)
    return [job]
  }

  #tellAgain(sentAgain: readonly Job[]): void {
    const { log, onInvitedAgain } = this.#options
    for (const { id, generation } of sentAgain) log.warn(`Server: Job[${id}] is offered again (${generation}).`)
    if (sentAgain.length > 0) onInvitedAgain(sentAgain)
  }

  /** Asks workers, once each, to stop. */
  #preempt(jobs: readonly Job[]): void {
    const news = jobs.filter(({ id }) => !this.#preempted.has(id))
    this.#preempted = new Set(jobs.map(({ id }) => id))
    if (news.length > 0) this.#channel.announce('urgent', news)
  }
}
