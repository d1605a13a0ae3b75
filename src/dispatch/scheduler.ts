import { hostname } from 'node:os'
import type { Claim, Control } from '../song/messages.ts'
import type { SegmentRange } from '../song/segment-range.ts'
import { PRESENCE_EVERY_MS } from '../song/worker-presence.ts'
import { Actions, type ActionsOptions } from './actions.ts'
import type { ClaimDecision } from './claim.ts'
import { type Decision, decide } from './decide.ts'
import { type Playhead, Playheads } from './playheads.ts'
import { readSnapshot } from './read-snapshot.ts'
import type { LossEvidence } from './snapshot.ts'
import { WaitingRequests } from './waiting-requests.ts'
import { type Broker, type Sender, WorkerChannel } from './worker-channel.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** A busy server decides once for all changes within this time. Workers do not idle, because each has a second invitation. */
const DECIDE_WITHIN_MS = 10
/** After this time without a decision the server is not busy, and decides at once. */
const QUIET_MS = 50
/** The interval at which the watch looks for silent workers and lost invitations. Nothing else depends on it. */
const WATCH_EVERY_MS = 1_000
/** After the server's start, workers have this time for their first presence message. */
const FIRST_PRESENCE_MS = 3 * PRESENCE_EVERY_MS

export type SchedulerOptions = ActionsOptions & {
  broker: Broker
  sender: Sender
  workers: WorkerRegistry
  /** The models of possible jobs, with the memory that each needs. */
  models(): Control['models']
  /** Runs work that a timer or a message starts. A transient fault of the ledger ends the work, and it is tried again later. */
  guard(work: () => void): void
  /** The name of the server's machine. */
  host?: string
  /** Null switches the watch off. */
  watchEveryMs?: number | null
}

/**
 * Decides which worker gets which job, and which work must wait for other work on its machine. After a change it reads a
 * snapshot, calls `decide` and carries out the decisions: it invites workers, answers claims, lets decoders continue and asks
 * workers to stop. It does not poll the ledger. Only the watch reads the ledger by timer, to find lost invitations.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #channel: WorkerChannel
  readonly #playheads = new Playheads()
  readonly #requests = new WaitingRequests()
  readonly #actions: Actions
  /** For each song whose upload will end soon: the time until which that holds. */
  readonly #uploadsEnding = new Map<number, number>()
  readonly #host: string
  readonly #startedAt: number
  readonly #intervals: NodeJS.Timeout[] = []
  #next: { timer: NodeJS.Timeout; atMs: number } | null = null
  #decidedAtMs = Number.NEGATIVE_INFINITY
  #isDeciding = false
  #isClosed = false
  #reconnectedAt: number | null = null

  constructor(options: SchedulerOptions) {
    const { db, broker, workers, guard, watchEveryMs = WATCH_EVERY_MS } = options
    this.#options = options
    this.#host = options.host ?? hostname()
    this.#startedAt = db.now()
    this.#channel = new WorkerChannel(options)
    this.#actions = new Actions(options, { requests: this.#requests, channel: this.#channel })
    this.#channel.subscribe(workers)
    workers.onChange(() => this.decideSoon())
    broker.onReconnected(() => {
      this.#reconnectedAt = db.now()
      guard(() => this.announce('beacon'))
    })
    if (watchEveryMs !== null) this.#intervals.push(setInterval(() => guard(() => this.#watch()), watchEveryMs))
    this.#intervals.push(setInterval(() => guard(() => this.announce('beacon')), PRESENCE_EVERY_MS))
    this.announce('beacon')
  }

  /** Must be called after each change of the ledger or of the workers. It is cheap, because many changes share one decision. */
  decideSoon(): void {
    if (this.#isDeciding) return
    if (this.#requests.size > 0) this.#decideWithin(0)
    else this.#decideWithin(performance.now() - this.#decidedAtMs < QUIET_MS ? DECIDE_WITHIN_MS : 0)
  }

  /** Answers a worker that holds an invitation. The answer waits while the worker's machine works on a first sound. */
  claim({ jobId, claim }: { jobId: number; claim: Claim }): Promise<ClaimDecision> {
    const cameDuringUploadEnd = [...this.#uploadsEnding.values()].some((untilMs) => untilMs > performance.now())
    const answer = this.#requests.addClaim({ jobId, claim, cameDuringUploadEnd })
    this.#decideRequests()
    return answer
  }

  /** Resolves when a decoder of the server may continue, or when the signal is aborted. */
  whenDecoderMayRun(signal?: AbortSignal): Promise<void> {
    const mayRun = this.#requests.addDecoder(signal)
    this.#decideRequests()
    return mayRun
  }

  /** The playheads now, the one that moved last first. */
  listening(): Playhead[] {
    return this.#playheads.list(performance.now())
  }

  /** Replaces a listener's playhead. */
  movePlayhead(listener: string, playhead: Playhead): void {
    this.#playheads.place(listener, playhead, performance.now())
    this.#decideWithin(0)
  }

  /** Counts the segments of a seek decode as soon decoded. @returns a function to call at its end */
  beginSeekDecode(range: SegmentRange & { songId: number }): () => void {
    const end = this.#playheads.beginSeekDecode(range)
    this.#decideWithin(0)
    return () => {
      end()
      this.decideSoon()
    }
  }

  /**
   * Tells whether the upload of a song that is already played will end soon.
   * @param untilMs the time until which that holds if no more bytes come (`performance.now`); null if it does not hold
   */
  setUploadEnding(songId: number, untilMs: number | null): void {
    const hadOne = this.#uploadsEnding.delete(songId)
    if (untilMs !== null) this.#uploadsEnding.set(songId, untilMs)
    else if (hadOne) this.decideSoon()
  }

  announce(kind: 'beacon' | 'reset'): void {
    this.#channel.announce(kind)
  }

  /** Stops all timers and messages. Answers all waiting requests. */
  close(): void {
    this.#isClosed = true
    this.#channel.close()
    if (this.#next) clearTimeout(this.#next.timer)
    for (const interval of this.#intervals) clearInterval(interval)
    this.#actions.releaseAll()
  }

  #decideWithin(ms: number): void {
    const atMs = performance.now() + ms
    if (this.#isClosed || (this.#next && this.#next.atMs <= atMs)) return
    if (this.#next) clearTimeout(this.#next.timer)
    const timer = setTimeout(() => {
      this.#next = null
      this.#options.guard(() => this.#decide({ fillsSlots: true }))
    }, ms)
    this.#next = { timer, atMs }
  }

  /** Decides about waiting requests only, at once. */
  #decideRequests(): void {
    if (this.#isClosed) this.#actions.releaseAll()
    try {
      this.#decide({ fillsSlots: false })
    } catch {
      // `#decisions` has rejected the requests with this error.
    }
  }

  #watch(): void {
    const { workers, log } = this.#options
    for (const { worker, host } of workers.forgetSilent(performance.now())) {
      log.warn(`Server: Worker[${worker}] on ${host} has fallen silent.`)
    }
    this.#decide({ fillsSlots: true, isWatch: true })
  }

  /** @param fillsSlots false to decide about waiting requests only */
  #decide({ fillsSlots, isWatch = false }: { fillsSlots: boolean; isWatch?: boolean }): void {
    if (this.#isClosed || this.#isDeciding) return
    this.#isDeciding = true
    let rounds = 0
    let looksForLost = isWatch
    try {
      let hasChanged = true
      while (hasChanged) {
        const decisions = this.#decisions({ fillsSlots, looksForLost })
        // An answered claim ends a decision before lost invitations are looked for.
        looksForLost &&= decisions.some((each) => each.kind === 'assign' && each.request.kind === 'claim')
        hasChanged = this.#actions.act(decisions, { fillsSlots })
        rounds++
      }
    } finally {
      this.#isDeciding = false
      if (fillsSlots) this.#decidedAtMs = performance.now()
      // An answered claim may have opened a slot.
      else if (rounds > 1) this.decideSoon()
      if (this.#requests.size > 0) this.#decideWithin(Math.max(0, this.#requests.earliestMs - performance.now()))
    }
  }

  /** Rejects the waiting requests if the ledger cannot be read, because no later event would answer them. */
  #decisions({ fillsSlots, looksForLost }: { fillsSlots: boolean; looksForLost: boolean }): Decision[] {
    const { db, workers } = this.#options
    try {
      const snapshot = readSnapshot({
        db,
        workers,
        serverHost: this.#host,
        playheads: this.listening(),
        claims: this.#requests.claims(),
        decoders: this.#requests.decoders(),
        uploadsEndingUntilMs: [...this.#uploadsEnding.values()],
        fillsSlots,
        lossEvidence: looksForLost && this.#channel.isConnected ? this.#lossEvidence() : null,
      })
      return decide(snapshot, performance.now())
    } catch (error) {
      this.#requests.rejectAll(error)
      throw error
    }
  }

  #lossEvidence(): Omit<LossEvidence, 'published'> {
    const now = this.#options.db.now()
    return {
      lastClaimAgeMs: now - this.#actions.lastClaimAt,
      reconnectAgeMs: this.#reconnectedAt === null ? null : now - this.#reconnectedAt,
      knownWorkers: now - this.#startedAt < FIRST_PRESENCE_MS ? null : this.#options.workers.names(),
    }
  }
}
