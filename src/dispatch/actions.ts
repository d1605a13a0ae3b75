import type { Log } from '../log.ts'
import { assertNever } from '../song/errors.ts'
import type { Database } from '../store/ledger/database.ts'
import type { Job } from '../store/queries/jobs.ts'
import { publishJob } from '../store/transitions/jobs.ts'
import { withdrawInvitation } from '../store/transitions/lyrics-jobs.ts'
import { answerClaim } from './claim.ts'
import type { Decision } from './decide.ts'
import type { WaitingRequests } from './waiting-requests.ts'
import type { WorkerChannel } from './worker-channel.ts'

export type ActionsOptions = {
  db: Database
  log: Log
  maxAttempts: number
  /** Called with the jobs that were published again because an invitation or a worker was lost. */
  onInvitedAgain(jobs: readonly Job[]): void
}

/** Carries out decisions. Every change of the ledger is conditional: a job that has changed since the snapshot is left as it is. */
export class Actions {
  readonly #options: ActionsOptions
  readonly #requests: WaitingRequests
  readonly #channel: WorkerChannel
  #lastClaimAt: number
  /** The ids of jobs whose workers have been asked to stop. */
  #preempted = new Set<number>()

  constructor(options: ActionsOptions, { requests, channel }: { requests: WaitingRequests; channel: WorkerChannel }) {
    this.#options = options
    this.#requests = requests
    this.#channel = channel
    this.#lastClaimAt = options.db.now()
  }

  /** The time of the last claim, by the ledger's clock. Before the first claim it is the start of the server. */
  get lastClaimAt(): number {
    return this.#lastClaimAt
  }

  /**
   * Carries out the decisions of one snapshot.
   * @param fillsSlots false if the snapshot was read for waiting requests only
   * @returns whether the ledger has changed in a way that needs another decision
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
        case 'withdraw':
          this.#withdraw(decision.request.id, decision.job)
          hasAnswered = true
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
    this.#reportInvitedAgain(sentAgain)
    if (fillsSlots && !hasAnswered) this.#preempt(preempted)
    // A snapshot holds at least the next two jobs, but not always enough to fill all open slots.
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

  /** Takes an invitation back and answers its claim with "gone". If the job has changed meanwhile, the claim is answered as it is. */
  #withdraw(id: number, job: Job): void {
    const { db } = this.#options
    if (!withdrawInvitation(db, job)) {
      this.#assign(id, null)
      return
    }
    const request = this.#requests.take(id)
    if (request?.kind === 'claim') request.resolve({ kind: 'gone', reason: 'a separation is more urgent' })
  }

  /** Answers all waiting requests. */
  releaseAll(): void {
    for (const id of this.#requests.ids()) this.#assign(id, null)
  }

  /** Publishes a job and invites workers to it. Returns an empty array if the job has changed since the snapshot. */
  #publish(seen: Job): Job[] {
    const job = publishJob(this.#options.db, seen)
    if (!job) return []
    this.#channel.invite(job)
    return [job]
  }

  #reportInvitedAgain(sentAgain: readonly Job[]): void {
    const { log, onInvitedAgain } = this.#options
    for (const { id, generation } of sentAgain)
      log.warn({ jobId: id }, `Server: Job[${id}] is offered again (${generation}).`)
    if (sentAgain.length > 0) onInvitedAgain(sentAgain)
  }

  /** Asks the workers of these jobs to stop. Each is asked once. */
  #preempt(jobs: readonly Job[]): void {
    const unasked = jobs.filter(({ id }) => !this.#preempted.has(id))
    this.#preempted = new Set(jobs.map(({ id }) => id))
    if (unasked.length > 0) this.#channel.announce('urgent', unasked)
  }
}
