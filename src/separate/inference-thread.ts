import { parentPort, workerData } from 'node:worker_threads'
import pLimit from 'p-limit'
import { type OpenOptions, openSeparator } from './open-separator.ts'
import type { SegmentInput } from './separator.ts'

/** A segment to separate. `null` in its place ends the thread. */
export type InferenceRequest = { id: number; segment: SegmentInput }
/** Cancels the request with this id, between two networks. */
export type CancelRequest = { cancel: number }
/** The reply with id 0 says that the model is loaded. `note`: a message for the user about how the model runs. */
export type InferenceReply =
  | { id: number; partials: Float32Array[]; note?: string | null }
  | { id: number; fault: Error }

const port = parentPort
if (!port) throw new Error('inference-thread.ts runs as a thread only.')

const opening = openSeparator(workerData as OpenOptions)
opening.then(
  ({ note }) => reply({ id: 0, partials: [], note }),
  (error: unknown) => reply({ id: 0, fault: asError(error) }),
)

const oneAtATime = pLimit(1)
const cancellations = new Map<number, AbortController>()
port.on('message', (request: InferenceRequest | CancelRequest | null) => {
  if (request && 'cancel' in request) cancellations.get(request.cancel)?.abort()
  else if (request === null) void oneAtATime(() => port.close())
  else void oneAtATime(() => answer(request))
})

async function answer({ id, segment }: InferenceRequest): Promise<void> {
  const cancellation = new AbortController()
  cancellations.set(id, cancellation)
  try {
    const { separator } = await opening
    reply({ id, partials: await separator.separate(segment, cancellation.signal) })
  } catch (error) {
    reply({ id, fault: cancellation.signal.aborted ? new Error('cancelled') : asError(error) })
  } finally {
    cancellations.delete(id)
  }
}

function reply(message: InferenceReply): void {
  const transfer = 'partials' in message ? message.partials.map((sums) => sums.buffer as ArrayBuffer) : []
  port?.postMessage(message, transfer)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
