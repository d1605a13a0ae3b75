import type { StompClient } from '../broker/stomp-client.ts'
import { CONTRACT, INVITATION_EXPIRES_MS, type Invitation, jobsQueue, resultsQueue } from '../song/messages.ts'
import type { Database } from '../store/database.ts'
import { countOutstanding, type Job, modelIdsInWork, nextWaitingJob } from '../store/jobs.ts'
import { publishJob } from '../store/transitions/jobs.ts'
import type { Playhead } from './playheads.ts'
import { urgentJob } from './urgent.ts'
import { openPlaces } from './window.ts'

/** What an invitation says of the server that sends it. */
export type Sender = { serverUrl(): string; serverId: string; run(): number }

/** Sends invitations: the next ones in turn as long as there are places, and again those that got lost. */
export class Publisher {
  readonly #db: Database
  readonly #broker: StompClient
  readonly #sender: Sender
  readonly #workers: (modelId: string) => number
  readonly #playheads: () => readonly Playhead[]
  readonly #signal: AbortSignal
  readonly #onFault: (error: unknown) => void

  constructor(options: {
    db: Database
    broker: StompClient
    sender: Sender
    /** Workers that take invitations for a model now. */
    workers(modelId: string): number
    /** Where people listen, the most urgent first. */
    playheads(): readonly Playhead[]
    signal: AbortSignal
    onFault(error: unknown): void
  }) {
    this.#db = options.db
    this.#broker = options.broker
    this.#sender = options.sender
    this.#workers = options.workers
    this.#playheads = options.playheads
    this.#signal = options.signal
    this.#onFault = options.onFault
  }

  /** Fills the open places with the next jobs in turn. Cheap when there is nothing to do; call it after every change. */
  fill(): Job[] {
    const sent: Job[] = []
    const outstanding = countOutstanding(this.#db)
    for (const modelId of modelIdsInWork(this.#db)) {
      const workers = this.#workers(modelId)
      const playheads = this.#playheads()
      let places = openPlaces({ workers, outstanding: outstanding.get(modelId) ?? 0 })
      for (; places > 0; places--) {
        const next = urgentJob(this.#db, { playheads, modelId }) ?? nextWaitingJob(this.#db, modelId)
        const published = next && this.publish(next)
        if (!published) break
        sent.push(published)
      }
    }
    return sent
  }

  /** Sends an invitation of a new generation; undefined when the job is no longer as the caller saw it. */
  publish(seen: Job): Job | undefined {
    const job = publishJob(this.#db, seen)
    if (job) this.#send(job)
    return job
  }

  #send(job: Job): void {
    const invitation: Invitation = {
      v: CONTRACT,
      jobId: job.id,
      generation: job.generation,
      server: this.#sender.serverUrl(),
      serverId: this.#sender.serverId,
      run: this.#sender.run(),
      replyTo: resultsQueue(this.#sender.serverId),
      token: job.token,
    }
    this.#broker
      .publish({
        destination: jobsQueue(job.modelId),
        body: JSON.stringify(invitation),
        persistent: true,
        expirationMs: INVITATION_EXPIRES_MS,
        signal: this.#signal,
      })
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#onFault(error)
      })
  }
}
