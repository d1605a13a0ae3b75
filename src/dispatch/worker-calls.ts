import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metrics } from '../metrics.ts'
import type { InstalledModel, InstalledModels } from '../models/installed-models.ts'
import { assertNever } from '../song/errors.ts'
import { type Assignment, type Claim, CONTRACT, type Failure } from '../song/messages.ts'
import { type Attempt, attemptsOf } from '../store/queries/attempts.ts'
import { getJob, type Job } from '../store/queries/jobs.ts'
import { getSong, type Song } from '../store/queries/songs.ts'
import { hashInput, readInput } from '../store/song-files/segment-input.ts'
import { recordInput } from '../store/transitions/attempts.ts'
import { endAttempt } from '../store/transitions/jobs.ts'
import { reasonToGiveUp } from './attempt-limits.ts'
import type { ClaimDecision } from './claim.ts'
import { type ArrivingResult, type CommitOptions, commitResult, type ResultOutcome } from './commit-result.ts'
import { readLyricsInput } from './lyrics-input.ts'

type JobAttempt = { job: Job; attempt: Attempt }
type Result = ArrivingResult & { jobId: number; attemptToken: string }
const VERBS = { failed: 'failed', returned: 'gave back', yielded: 'stopped' } satisfies Record<Failure['kind'], string>

export type ClaimAnswer =
  | { outcome: 'assigned'; assignment: Assignment }
  | { outcome: 'forbidden' | 'gone'; reason: string }

type WorkerCallsOptions = CommitOptions & {
  metrics: Metrics
  installedModels: InstalledModels
  maxAttempts: number
  /** Resolves with the answer to a claim, as soon as the scheduler has decided it. */
  claimJob(request: { jobId: number; claim: Claim }): Promise<ClaimDecision>
  /** Fails a song because one of its jobs was tried too often. */
  failSong(songId: number, reason: string): void
  /** Fails the work on a song's lyrics because one of its jobs was tried too often. */
  failLyrics(songId: number, reason: string): void
}

/** Answers the HTTP calls of workers: claims, fetches of input and model, results and failures. */
export class WorkerCalls {
  readonly #options: WorkerCallsOptions

  constructor(options: WorkerCallsOptions) {
    this.#options = options
  }

  async claim(jobId: number, claim: Claim): Promise<ClaimAnswer> {
    const { log, metrics } = this.#options
    if (claim.v !== CONTRACT) {
      return {
        outcome: 'forbidden',
        reason: `The worker speaks contract ${claim.v}, this server ${CONTRACT}: update the older one.`,
      }
    }
    const answer = await this.#options.claimJob({ jobId, claim })
    switch (answer.kind) {
      case 'assigned': {
        const { assignment, attempt } = answer
        const { jobId: givenId } = assignment
        if (!answer.isRepeated) metrics.claims.inc({ kind: attempt.number > 1 ? 'redelivered' : 'first' })
        if (givenId !== jobId && !answer.isRepeated)
          log.info({ jobId: givenId }, `Server: Job[${givenId}] instead of Job[${jobId}]: a listener needs it sooner.`)
        if (attempt.number > 1 && !answer.isRepeated) {
          log.warn(
            { jobId: givenId, attempt: attempt.number },
            `Server: Job[${givenId}] is started again by Worker[${claim.worker}].`,
          )
        }
        return { outcome: 'assigned', assignment }
      }
      case 'exhausted':
        this.#giveUp(answer.job, answer.reason)
        return { outcome: 'gone', reason: answer.reason }
      case 'gone':
        return { outcome: 'gone', reason: answer.reason }
      case 'forbidden':
        log.warn({ jobId }, `Server: Worker[${claim.worker}] claimed Job[${jobId}] with a token that is not the job's.`)
        return { outcome: 'forbidden', reason: "This is not the job's token." }
      default:
        return assertNever(answer)
    }
  }

  /** The input of the attempt. */
  async input(jobId: number, token: string): Promise<Buffer | 'unknown' | 'gone'> {
    const found = this.#find(jobId, token)
    if (typeof found === 'string') return found
    if (found.job.state !== 'claimed') return 'gone'
    const song = getSong(this.#options.db, found.job.songId)
    if (!song) return 'gone'
    const input = await this.#readInput(found, song)
    if (input === null) {
      // The work cannot go on, and a job that is given back again and again would make every worker pause.
      this.#giveUp(found.job, 'the voice of the song is incomplete')
      return 'gone'
    }
    this.#options.metrics.bytes.inc({ what: 'input' }, input.length)
    return input
  }

  /** Null if the voice that a job for lyrics is about is not there. */
  async #readInput({ job, attempt }: JobAttempt, song: Song): Promise<Buffer | null> {
    const { db, folders } = this.#options
    if (job.kind === 'lyrics') return readLyricsInput({ db, folders, song, jobId: job.id })
    const input = await readInput({ folders, song, segment: job.segment })
    if (job.isProvisional) recordInput(db, attempt, hashInput(input))
    return input
  }

  /** The text of the model.json of the attempt's model. */
  async model(jobId: number, token: string): Promise<string | 'unknown' | 'gone'> {
    const model = this.#modelOf(jobId, token)
    return typeof model === 'string' ? model : readFile(join(model.folder, 'model.json'), 'utf8')
  }

  /** The path of a graph of the attempt's model. */
  graph(jobId: number, token: string, sha256: string): { path: string } | 'unknown' | 'gone' {
    const model = this.#modelOf(jobId, token)
    if (typeof model === 'string') return model
    const path = model.paths[model.graphs.findIndex((graph) => graph.sha256 === sha256)]
    return path === undefined ? 'gone' : { path }
  }

  /** The commit point of a job: the first valid result of any attempt is accepted. */
  async saveResult(result: Result): Promise<ResultOutcome | 'unknown'> {
    const { results, jobSeconds, bytes } = this.#options.metrics
    try {
      const outcome = await this.#commit(result)
      results.inc({ outcome })
      if (outcome === 'accepted') {
        jobSeconds.observe(result.seconds)
        bytes.inc({ what: 'result' }, result.bytes)
      }
      return outcome
    } catch (error) {
      results.inc({ outcome: 'refused' })
      throw error
    }
  }

  async #commit({ jobId, attemptToken, ...result }: Result): Promise<ResultOutcome | 'unknown'> {
    const found = this.#find(jobId, attemptToken)
    return typeof found === 'string' ? found : commitResult(this.#options, { ...found, result })
  }

  fail(jobId: number, token: string, { kind, reason }: Failure): 'noted' | 'gone' | 'unknown' {
    const { db, maxAttempts, log, metrics } = this.#options
    const found = this.#find(jobId, token)
    if (typeof found === 'string') return found
    const { job, attempt } = found
    const outcome = kind === 'failed' ? 'failed' : 'returned'
    if (!endAttempt(db, { attempt, outcome, reason })) return 'gone'
    metrics.failures.inc({ kind })
    const words = `Server: Worker[${attempt.worker}] ${VERBS[kind]} Job[${jobId}]`
    if (kind === 'yielded') log.info({ jobId }, `${words} for a more urgent one.`)
    else log.warn({ jobId, reason }, `${words}: ${reason}`)
    const exhausted = reasonToGiveUp(attemptsOf(db, jobId), maxAttempts)
    if (exhausted) this.#giveUp(job, exhausted)
    return 'noted'
  }

  /** Only a separation can fail its song. */
  #giveUp(job: Job, reason: string): void {
    if (job.kind === 'separate')
      this.#options.failSong(
        job.songId,
        `Segment ${job.segment + 1} (Job ${job.id}) could not be separated: ${reason}.`,
      )
    else this.#options.failLyrics(job.songId, `A part of the voice could not be worked on (Job ${job.id}): ${reason}.`)
  }

  #modelOf(jobId: number, token: string): InstalledModel | 'unknown' | 'gone' {
    const found = this.#find(jobId, token)
    if (typeof found === 'string') return found
    return this.#options.installedModels.byId(found.job.modelId) ?? 'gone'
  }

  /** The job and the attempt of this token. */
  #find(jobId: number, token: string): JobAttempt | 'unknown' | 'gone' {
    const job = getJob(this.#options.db, jobId)
    if (!job) return 'gone'
    const attempt = attemptsOf(this.#options.db, jobId).find((each) => each.token === token)
    return attempt ? { job, attempt } : 'unknown'
  }
}
