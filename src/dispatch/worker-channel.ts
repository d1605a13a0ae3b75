import type { StompClient } from '../broker/client/stomp-client.ts'
import type { Log } from '../log.ts'
import { readJson } from '../platform/read-json.ts'
import {
  CONTRACT,
  CONTROL_TOPIC,
  type Control,
  INVITATION_EXPIRES_MS,
  type Invitation,
  JobDone,
  jobsQueue,
  resultsQueue,
} from '../song/messages.ts'
import { PRESENCE_EVERY_MS, PRESENCE_TOPIC } from '../song/worker-presence.ts'
import type { Job } from '../store/queries/jobs.ts'
import type { WorkerRegistry } from './worker-registry.ts'

export type Broker = Pick<StompClient, 'connected' | 'publish' | 'subscribe' | 'onReconnected'>

/** How messages identify the server that sends them. */
export type Sender = { serverUrl(): string; serverId: string; run(): number }

/**
 * The server's messages to and from workers. It sends invitations and control messages, and receives presence messages and the
 * news of results. Incoming messages never change a job. Workers change jobs over HTTP, and the ledger decides.
 */
export class WorkerChannel {
  readonly #broker: Broker
  readonly #sender: Sender
  readonly #log: Log
  readonly #models: () => Control['models']
  readonly #stopping = new AbortController()

  /** @param models the models of possible jobs, with the memory that each needs */
  constructor({
    broker,
    sender,
    log,
    models,
  }: {
    broker: Broker
    sender: Sender
    log: Log
    models(): Control['models']
  }) {
    this.#broker = broker
    this.#sender = sender
    this.#log = log
    this.#models = models
  }

  get isConnected(): boolean {
    return this.#broker.connected
  }

  /** Starts to receive presence messages and the news of results. */
  subscribe(workers: WorkerRegistry): void {
    this.#broker.subscribe({
      destination: PRESENCE_TOPIC,
      prefetch: 256,
      ack: 'auto',
      onDelivery: ({ body }) => {
        const refusal = workers.receivePresence(body, performance.now())
        if (refusal) this.#log.warn(`Server: a presence message was refused: ${refusal}.`)
      },
    })
    this.#broker.subscribe({
      destination: resultsQueue(this.#sender.serverId),
      prefetch: 64,
      ack: 'client-individual',
      onDelivery: async (delivery) => {
        this.#logResult(delivery.body)
        await delivery.ack()
      },
    })
  }

  /** Invites workers to a job that has just been published. */
  invite(job: Job): void {
    const { serverId } = this.#sender
    const invitation: Invitation = {
      v: CONTRACT,
      kind: job.kind,
      jobId: job.id,
      generation: job.generation,
      server: this.#sender.serverUrl(),
      serverId,
      run: this.#sender.run(),
      replyTo: resultsQueue(serverId),
      token: job.token,
    }
    this.#broker
      .publish({
        destination: jobsQueue(job.modelId),
        body: JSON.stringify(invitation),
        persistent: true,
        expirationMs: INVITATION_EXPIRES_MS,
        signal: this.#stopping.signal,
      })
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#log.error({ err: error }, 'Server: an invitation could not be sent.')
      })
  }

  /** Sends a control message to all workers. @param preempted jobs whose workers must stop */
  announce(kind: Control['kind'], preempted: readonly Job[] = []): void {
    if (!this.#broker.connected) return
    const { serverId } = this.#sender
    const control: Control = {
      v: CONTRACT,
      kind,
      serverId,
      run: this.#sender.run(),
      models: [...this.#models()],
      letGo: preempted.map(({ id }) => id),
    }
    const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
    // A lost beacon is repeated after PRESENCE_EVERY_MS.
    this.#broker.publish({ destination: CONTROL_TOPIC, body: JSON.stringify(control), signal }).catch(() => undefined)
  }

  close(): void {
    this.#stopping.abort()
  }

  #logResult(body: string): void {
    const jobDone = JobDone.safeParse(readJson(body))
    if (!jobDone.success) {
      this.#log.warn('Server: a JobDoneMsg that cannot be read - ACK')
      return
    }
    const { jobId, seconds, worker, outcome } = jobDone.data
    const duplicate = outcome === 'duplicate' ? ' (duplicate)' : ''
    this.#log.info(
      { jobId, worker, seconds, outcome },
      `Server: JobDoneMsg[${jobId}] - ACK - job time: ${seconds.toFixed(2)}[s]${duplicate}`,
    )
  }
}
