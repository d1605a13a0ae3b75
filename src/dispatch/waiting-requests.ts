import type { Claim } from '../song/messages.ts'
import type { ClaimDecision } from './claim.ts'
import type { ClaimRequest, DecoderRequest } from './snapshot.ts'
import type { Wait } from './yield-to-first-sound.ts'

type Waiting = { wait: Wait | null; untilMs: number; reject(reason: unknown): void }
type WaitingClaim = Waiting & {
  kind: 'claim'
  jobId: number
  claim: Claim
  cameDuringUploadEnd: boolean
  resolve(answer: ClaimDecision): void
}
type WaitingDecoder = Waiting & { kind: 'decoder'; resolve(): void }
export type Request = WaitingClaim | WaitingDecoder

/** A claim whose job has not been read yet. */
type UnreadClaim = Omit<ClaimRequest, 'job'> & { jobId: number; generation: number }

/** Waiting claims and decoders, in the order in which they came. */
export class WaitingRequests {
  readonly #waiting = new Map<number, Request>()
  #lastId = 0

  get size(): number {
    return this.#waiting.size
  }

  /** The earliest time at which a request needs another decision. */
  get earliestMs(): number {
    return Math.min(...[...this.#waiting.values()].map(({ untilMs }) => untilMs))
  }

  ids(): number[] {
    return [...this.#waiting.keys()]
  }

  claims(): UnreadClaim[] {
    return [...this.#waiting].flatMap(([id, request]) => {
      if (request.kind !== 'claim') return []
      const { kind, wait, jobId, cameDuringUploadEnd, claim } = request
      return [{ kind, id, wait, jobId, cameDuringUploadEnd, worker: claim.worker, generation: claim.generation }]
    })
  }

  decoders(): DecoderRequest[] {
    return [...this.#waiting].flatMap(([id, { kind, wait }]) => (kind === 'decoder' ? [{ kind, id, wait }] : []))
  }

  addClaim(request: { jobId: number; claim: Claim; cameDuringUploadEnd: boolean }): Promise<ClaimDecision> {
    const { promise, resolve, reject } = Promise.withResolvers<ClaimDecision>()
    this.#waiting.set(++this.#lastId, { kind: 'claim', ...request, wait: null, untilMs: 0, resolve, reject })
    return promise
  }

  /** Adds a decoder. The promise also resolves when the signal is aborted. */
  addDecoder(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const id = ++this.#lastId
    const leave = () => {
      this.take(id)
      resolve()
    }
    signal?.addEventListener('abort', leave, { once: true })
    this.#waiting.set(id, { kind: 'decoder', wait: null, untilMs: 0, resolve, reject })
    return promise.finally(() => signal?.removeEventListener('abort', leave))
  }

  delay(id: number, { wait, untilMs }: { wait: Wait; untilMs: number }): void {
    const request = this.#waiting.get(id)
    if (request) Object.assign(request, { wait, untilMs })
  }

  /** Removes a request; the caller answers it. */
  take(id: number): Request | undefined {
    const request = this.#waiting.get(id)
    this.#waiting.delete(id)
    return request
  }

  rejectAll(reason: unknown): void {
    for (const id of this.ids()) this.take(id)?.reject(reason)
  }
}
