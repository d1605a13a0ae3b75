import { hostname } from 'node:os'
import { type Claim, type Control, PRESENCE_EVERY_MS } from '../song/messages.ts'
import { Actions, type ActionsOptions } from './actions.ts'
import type { ClaimAnswer } from './claim.ts'
import { type Decision, decide } from './decide.ts'
import { type Playhead, Playheads } from './playheads.ts'
import { readSnapshot } from './read-snapshot.ts'
import { Requests } from './requests.ts'
import type { Offers } from './snapshot.ts'
import { type Broker, type Sender, WorkerChannel } from './worker-channel.ts'
import type { WorkerRegistry } from './workers.ts'

/** Changes that come within this time are decided about once: a busy server sees several in a millisecond. */
const DECIDE_EVERY_MS = 10
/** How often it is looked for silent workers and lost invitations. Nothing else needs it. */
const WATCH_EVERY_MS = 1_000
/** Workers are given so long after a start of the server to say that they are there. */
const FIRST_PRESENCE_MS = 3 * PRESENCE_EVERY_MS

export type SchedulerOptions = ActionsOptions & {
  broker: Broker
  sender: Sender
  workers: WorkerRegistry
  /** The models there may be work for, and what a worker needs to hold them. */
  models(): Control['models']
  /** Runs what a timer or a message starts: a passing fault of the ledger ends it, and it is tried again. */
  guard(work: () => void): void
  /** The machine that the server runs on. */
  host?: string
  /** Null switches the watch off. */
  watchEveryMs?: number | null
}

/**
 * Gives work to workers and cores to work. It is told that something has changed, reads a snapshot, has `decide` decide,
 * and does that: invites, answers claims, lets decoders go on, asks workers to stop. It never looks into the ledger to see
 * whether something has changed, but for the watch, which finds what was lost.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #channel: WorkerChannel
  readonly #playheads = new Playheads()
  readonly #requests = new Requests()
  readonly #actions: Actions
  /** Of each song whose upload is about to end: until when that is believed. */
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
    workers.onChange(() => this.note())
    broker.onReconnected(() => {
      this.#reconnectedAt = db.now()
      guard(() => this.announce('beacon'))
    })
    if (watchEveryMs !== null) this.#intervals.push(setInterval(() => guard(() => this.#watch()), watchEveryMs))
    this.#intervals.push(setInterval(() => guard(() => this.announce('beacon')), PRESENCE_EVERY_MS))
    this.announce('beacon')
  }

  get workers(): WorkerRegistry {
    return this.#options.workers
  }

  /** Something has changed, in the ledger or among the workers. Cheap: it is decided about later, once for many changes. */
  note(): void {
    if (this.#isDeciding) return
    if (this.#requests.size > 0) this.#decideWithin(0)
    else this.#decideWithin(Math.max(0, this.#decidedAtMs + DECIDE_EVERY_MS - performance.now()))
  }

  /** Answers a worker that holds an invitation: at once, or as soon as its machine is to take more work. */
  claim({ jobId, claim }: { jobId: number; claim: Claim }): Promise<ClaimAnswer> {
    const hasMetUpload = [...this.#uploadsEnding.values()].some((untilMs) => untilMs > performance.now())
    const answer = this.#requests.addClaim({ jobId, claim, hasMetUpload })
    this.#decideRequests()
    return answer
  }

  /** Resolves when a decoder of the server may go on, or when the signal is aborted. */
  whenDecoderMayRun(signal?: AbortSignal): Promise<void> {
    const mayRun = this.#requests.addDecoder(signal)
    this.#decideRequests()
    return mayRun
  }

  /** Where people listen now, the one that moved last first. */
  listening(): Playhead[] {
    return this.#playheads.list(performance.now())
  }

  /** Somebody listens there. */
  noteListener(listener: string, playhead: Playhead): void {
    this.#playheads.note(listener, playhead, performance.now())
    this.#decideWithin(0)
  }

  /** The segments [from, to) of a song are being decoded by a seek decode. @returns ends that */
  noteSeekDecode(span: { songId: number; from: number; to: number }): () => void {
    const end = this.#playheads.noteSeekDecode(span)
    this.#decideWithin(0)
    return () => {
      end()
      this.note()
    }
  }

  /**
   * The rest of a file that is played already is about to arrive.
   * @param untilMs how long that is believed if nothing more comes (`performance.now`); null where it is not about to
   */
  noteUpload(songId: number, untilMs: number | null): void {
    const hadOne = this.#uploadsEnding.delete(songId)
    if (untilMs !== null) this.#uploadsEnding.set(songId, untilMs)
    else if (hadOne) this.note()
  }

  announce(kind: 'beacon' | 'reset'): void {
    this.#channel.announce(kind)
  }

  /** From now on nothing is sent. Whoever waits goes on. */
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
      this.#options.guard(() => this.#decide({ hasCapacity: true }))
    }, ms)
    this.#next = { timer, atMs }
  }

  /** Decides about those who ask; what else may be handed out is decided about later. */
  #decideRequests(): void {
    if (this.#isClosed) this.#actions.releaseAll()
    try {
      this.#decide({ hasCapacity: false })
    } catch {
      // Those who asked were told.
    }
  }

  #watch(): void {
    const { workers, log } = this.#options
    for (const { worker, host } of workers.forgetSilent(performance.now())) {
      log.warn(`Server: Worker[${worker}] on ${host} has fallen silent.`)
    }
    this.#decide({ hasCapacity: true, isWatch: true })
  }

  /** Decides and acts until there is nothing more to do now. */
  #decide({ hasCapacity, isWatch = false }: { hasCapacity: boolean; isWatch?: boolean }): void {
    if (this.#isClosed || this.#isDeciding) return
    this.#isDeciding = true
    let rounds = 0
    try {
      let hasChanged = true
      while (hasChanged) {
        const decisions = this.#decisions({ hasCapacity, looksForLost: isWatch && rounds === 0 })
        hasChanged = this.#actions.act(decisions, { isWhole: hasCapacity })
        rounds++
      }
    } finally {
      this.#isDeciding = false
      if (hasCapacity) this.#decidedAtMs = performance.now()
      // A claim that was answered may have changed what there is to hand out.
      else if (rounds > 1) this.note()
      if (this.#requests.size > 0) this.#decideWithin(Math.max(0, this.#requests.earliestMs - performance.now()))
    }
  }

  /** Whoever waits hears of a fault: there is nothing that would have them decided about again. */
  #decisions({ hasCapacity, looksForLost }: { hasCapacity: boolean; looksForLost: boolean }): Decision[] {
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
        hasCapacity,
        offers: looksForLost && this.#channel.isConnected ? this.#offers() : null,
      })
      return decide(snapshot, performance.now())
    } catch (error) {
      this.#requests.rejectAll(error)
      throw error
    }
  }

  #offers(): Omit<Offers, 'published'> {
    const now = this.#options.db.now()
    return {
      lastClaimAgeMs: now - this.#actions.lastClaimAt,
      reconnectAgeMs: this.#reconnectedAt === null ? null : now - this.#reconnectedAt,
      knownWorkers: now - this.#startedAt < FIRST_PRESENCE_MS ? null : this.#options.workers.names(),
    }
  }
}
