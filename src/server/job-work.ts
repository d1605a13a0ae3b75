import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { resultBytes } from '../assemble/blocks.ts'
import { reasonToGiveUp } from '../dispatch/claim.ts'
import { saveResult } from '../dispatch/collect.ts'
import type { ShelvedModel } from '../models/shelf.ts'
import { hashInput, readInput } from '../receive/input.ts'
import { type Assignment, type Claim, CONTRACT, type Failure } from '../song/messages.ts'
import { type Attempt, acceptResult, attemptsOf, endAttempt, noteInput } from '../store/attempts.ts'
import { getJob, type Job } from '../store/jobs.ts'
import { partialPath } from '../store/paths.ts'
import { getSong } from '../store/songs.ts'
import type { Announcer } from './announcer.ts'
import type { ServerState } from './server-state.ts'
import type { SongFlow } from './song-flow.ts'

type Held = { job: Job; attempt: Attempt }
type Result = { jobId: number; attemptToken: string; bytes: number; seconds: number; body: Readable }
const VERBS = { failed: 'failed', returned: 'gave back', yielded: 'let go' } satisfies Record<Failure['kind'], string>

export type ClaimReply = { status: 200; assignment: Assignment } | { status: 403 | 410; reason: string }

/** The server's side of a worker's calls: what an attempt may fetch, and where its result counts. */
export class JobWork {
  readonly #state: ServerState
  readonly #flow: SongFlow
  readonly #announcer: Announcer

  constructor({ state, flow, announcer }: { state: ServerState; flow: SongFlow; announcer: Announcer }) {
    this.#state = state
    this.#flow = flow
    this.#announcer = announcer
  }

  async claim(jobId: number, claim: Claim): Promise<ClaimReply> {
    const { log, metrics, scheduler } = this.#state
    if (claim.v !== CONTRACT) {
      return {
        status: 403,
        reason: `The worker speaks contract ${claim.v}, this server ${CONTRACT}: update the older one.`,
      }
    }
    const answer = await scheduler.claim({ jobId, claim })
    switch (answer.kind) {
      case 'assigned': {
        const { assignment, attempt } = answer
        const { jobId: givenId } = assignment
        if (!answer.isRepeated) metrics.claims.inc({ kind: attempt.number > 1 ? 'redelivered' : 'first' })
        if (givenId !== jobId && !answer.isRepeated)
          log.info({ jobId: givenId }, `Server: Job[${givenId}] instead of Job[${jobId}]: it is heard next.`)
        if (attempt.number > 1 && !answer.isRepeated) {
          log.warn(
            { jobId: givenId, attempt: attempt.number },
            `Server: Job[${givenId}] is started again by Worker[${claim.worker}].`,
          )
        }
        this.#announcer.segmentSoon(assignment.songId, assignment.segment)
        return { status: 200, assignment }
      }
      case 'exhausted':
        this.#flow.fail(answer.job.songId, failureText(answer.job, answer.reason))
        return { status: 410, reason: answer.reason }
      case 'gone':
        return { status: 410, reason: answer.reason }
      case 'forbidden':
        log.warn({ jobId }, `Server: Worker[${claim.worker}] claimed Job[${jobId}] with a token that is not the job's.`)
        return { status: 403, reason: "This is not the job's token." }
    }
  }

  async input(jobId: number, token: string): Promise<Buffer | 'unknown' | 'gone'> {
    const held = this.#held(jobId, token)
    if (typeof held === 'string') return held
    if (held.job.state !== 'claimed') return 'gone'
    const song = getSong(this.#state.db, held.job.songId)
    if (!song) return 'gone'
    const input = await readInput({ folders: this.#state.folders, song, segment: held.job.segment })
    this.#state.metrics.bytes.inc({ what: 'input' }, input.length)
    if (held.job.isAhead) noteInput(this.#state.db, held.attempt, hashInput(input))
    return input
  }

  /** The attempt's model: the text of its model.json, or the path of one of its graphs. */
  async model(jobId: number, token: string): Promise<string | 'unknown' | 'gone'> {
    const model = this.#modelOf(jobId, token)
    return typeof model === 'string' ? model : readFile(join(model.folder, 'model.json'), 'utf8')
  }

  graph(jobId: number, token: string, sha256: string): { path: string } | 'unknown' | 'gone' {
    const model = this.#modelOf(jobId, token)
    if (typeof model === 'string') return model
    const path = model.paths[model.graphs.findIndex((graph) => graph.sha256 === sha256)]
    return path === undefined ? 'gone' : { path }
  }

  /** The commit point of a job: the first valid result of any of its attempts counts. */
  async saveResult(result: Result): Promise<'accepted' | 'duplicate' | 'gone' | 'unknown'> {
    const { results, jobSeconds, bytes } = this.#state.metrics
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

  async #commit({
    jobId,
    attemptToken,
    bytes,
    seconds,
    body,
  }: Result): Promise<'accepted' | 'duplicate' | 'gone' | 'unknown'> {
    const { db, folders, log } = this.#state
    const held = this.#held(jobId, attemptToken)
    if (typeof held === 'string') return held
    const { job, attempt } = held
    if (job.state === 'done') return 'duplicate'
    const song = getSong(db, job.songId)
    if (job.state === 'cancelled' || job.state === 'failed' || !song) return 'gone'
    const path = partialPath(folders, { songId: song.id, jobId, attempt: attempt.number })
    const sha256 = await saveResult({
      body,
      path,
      announcedBytes: bytes,
      expectedBytes: resultBytes(song.plan),
    }).catch((error: NodeJS.ErrnoException) => {
      // Somebody else's result came first, and with the end of the song what was still on its way was removed.
      const isOver = error.code === 'ENOENT' && getJob(db, jobId)?.state !== 'claimed'
      if (isOver) return null
      log.warn({ jobId }, `Server: Job[${jobId}] - a result of Worker[${attempt.worker}] was refused.`)
      throw error
    })
    if (sha256 === null) return getJob(db, jobId)?.state === 'done' ? 'duplicate' : 'gone'
    if (!acceptResult(db, { attempt, sha256, seconds })) {
      const now = getJob(db, jobId)
      const isTheSame = now?.state === 'done' && now.attempt === attempt.number
      if (!isTheSame) await rm(path, { force: true })
      return now?.state === 'done' ? 'duplicate' : 'gone'
    }
    this.#announcer.segmentSoon(song.id, job.segment)
    this.#flow.assemble({ songId: song.id, segment: job.segment })
    return 'accepted'
  }

  fail(jobId: number, token: string, { kind, reason }: Failure): 'noted' | 'gone' | 'unknown' {
    const { db, limits, log, metrics } = this.#state
    const held = this.#held(jobId, token)
    if (typeof held === 'string') return held
    const { job, attempt } = held
    const state = kind === 'failed' ? 'failed' : 'returned'
    if (!endAttempt(db, { attempt, state, reason })) return 'gone'
    metrics.failures.inc({ kind })
    const words = `Server: Worker[${attempt.worker}] ${VERBS[kind]} Job[${jobId}]: ${reason}`
    if (kind === 'yielded') log.info({ jobId }, words)
    else log.warn({ jobId, reason }, words)
    const exhausted = reasonToGiveUp(attemptsOf(db, jobId), limits.maxAttempts)
    if (exhausted) this.#flow.fail(job.songId, failureText(job, exhausted))
    else this.#announcer.segment(job.songId, job.segment)
    return 'noted'
  }

  #modelOf(jobId: number, token: string): ShelvedModel | 'unknown' | 'gone' {
    const held = this.#held(jobId, token)
    if (typeof held === 'string') return held
    return this.#state.shelf.byId(held.job.modelId) ?? 'gone'
  }

  #held(jobId: number, token: string): Held | 'unknown' | 'gone' {
    const job = getJob(this.#state.db, jobId)
    if (!job) return 'gone'
    const attempt = attemptsOf(this.#state.db, jobId).find((each) => each.token === token)
    return attempt ? { job, attempt } : 'unknown'
  }
}

function failureText(job: Job, reason: string): string {
  return `Segment ${job.segment + 1} (Job ${job.id}) could not be separated: ${reason}.`
}
