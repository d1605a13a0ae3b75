import { hostname } from 'node:os'
import { type Claim, type Control, PRESENCE_EVERY_MS } from '../song/messages.ts'
import { Actions, type ActionsOptions } from './actions.ts'
import type { ClaimAnswer } from './claim.ts'
import { type Decision, decide } from './decide.ts'
import { type Playhead, Playheads } from './playheads.ts'
import { readSnapshot } from './read-snapshot.ts'
import { Requests } from './requests.ts'
import type { LossEvidence } from './snapshot.ts'
import { type Broker, type Sender, WorkerChannel } from './worker-channel.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** On a busy server one decision follows all changes of this time: their workers have a second invitation already. */
const DECIDE_WITHIN_MS = 10
/** A server that has decided nothing for so long is not busy, and decides at once. */
const QUIET_MS = 50
/** How often the watch looks for silent workers and lost invitations. Nothing else depends on it. */
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
 * Decides who works on what, and which work may use a machine now. When something has changed it reads a snapshot, asks
 * `decide`, and carries out the decisions: it invites workers, answers claims, lets decoders go on, asks workers to stop.
 * It does not poll the ledger. Only the watch reads it by timer, to find invitations that were lost.
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

  /** Call it when something has changed, in the ledger or among the workers. It is cheap: one decision follows many changes. */
  note(): void {
    if (this.#isDeciding) return
    if (this.#requests.size > 0) this.#decideWithin(0)
    else this.#decideWithin(performance.now() - this.#decidedAtMs < QUIET_MS ? DECIDE_WITHIN_MS : 0)
  }

  /** Answers a worker that holds an invitation: at once, or as soon as its machine may take more work. */
  claim({ jobId, claim }: { jobId: number; claim: Claim }): Promise<ClaimAnswer> {
    const cameDuringUploadEnd = [...this.#uploadsEnding.values()].some((untilMs) => untilMs > performance.now())
    const answer = this.#requests.addClaim({ jobId, claim, cameDuringUploadEnd })
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

  /** Notes where a listener is. */
  noteListener(listener: string, playhead: Playhead): void {
    this.#playheads.note(listener, playhead, performance.now())
    this.#decideWithin(0)
  }

  /** Notes that a seek decode decodes the segments [from, to) of a song. @returns a function that notes its end */
  noteSeekDecode(span: { songId: number; from: number; to: number }): () => void {
    const end = this.#playheads.noteSeekDecode(span)
    this.#decideWithin(0)
    return () => {
      end()
      this.note()
    }
  }

  /**
   * Notes whether the rest of a file that is played already is about to arrive.
   * @param untilMs until when that holds if nothing more comes (`performance.now`); null where it does not
   */
  noteUpload(songId: number, untilMs: number | null): void {
    const hadOne = this.#uploadsEnding.delete(songId)
    if (untilMs !== null) this.#uploadsEnding.set(songId, untilMs)
    else if (hadOne) this.note()
  }

  announce(kind: 'beacon' | 'reset'): void {
    this.#channel.announce(kind)
  }

  /** Ends all timers and sends nothing any more. Requests that wait go on. */
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

  /** Decides about waiting requests only. */
  #decideRequests(): void {
    if (this.#isClosed) this.#actions.releaseAll()
    try {
      this.#decide({ fillsSlots: false })
    } catch {
      // The requests were rejected with it.
    }
  }

  #watch(): void {
    const { workers, log } = this.#options
    for (const { worker, host } of workers.forgetSilent(performance.now())) {
      log.warn(`Server: Worker[${worker}] on ${host} has fallen silent.`)
    }
    this.#decide({ fillsSlots: true, isWatch: true })
  }

  /** @param fillsSlots whether more is decided than waiting requests */
  #decide({ fillsSlots, isWatch = false }: { fillsSlots: boolean; isWatch?: boolean }): void {
    if (this.#isClosed || this.#isDeciding) return
    this.#isDeciding = true
    let rounds = 0
    try {
      let hasChanged = true
      while (hasChanged) {
        const decisions = this.#decisions({ fillsSlots, looksForLost: isWatch && rounds === 0 })
        hasChanged = this.#actions.act(decisions, { fillsSlots })
        rounds++
      }
    } finally {
      this.#isDeciding = false
      if (fillsSlots) this.#decidedAtMs = performance.now()
      // A claim that was answered may have changed what there is to hand out.
      else if (rounds > 1) this.note()
      if (this.#requests.size > 0) this.#decideWithin(Math.max(0, this.#requests.earliestMs - performance.now()))
    }
  }

  /** A fault rejects the waiting requests: nothing would have them decided again. */
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
