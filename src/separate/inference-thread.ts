import { parentPort, workerData } from 'node:worker_threads'
import { type OpenOptions, openSeparator } from './open-separator.ts'
import type { SegmentInput } from './separator.ts'

/** null instead of a request ends the thread. */
export type InferenceRequest = { id: number; segment: SegmentInput }
/** Gives up a request, if that is still worth something. */
export type DropRequest = { drop: number }
/** Id 0 is the model's being ready, with what a person should know of it. */
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

let inLine: Promise<void> = Promise.resolve()
const wanted = new Map<number, AbortController>()
port.on('message', (request: InferenceRequest | DropRequest | null) => {
  if (request && 'drop' in request) wanted.get(request.drop)?.abort()
  else if (request === null) inLine = inLine.then(() => port.close())
  else inLine = inLine.then(() => answer(request))
})

async function answer({ id, segment }: InferenceRequest): Promise<void> {
  const stop = new AbortController()
  wanted.set(id, stop)
  try {
    const { separator } = await opening
    reply({ id, partials: await separator.separate(segment, stop.signal) })
  } catch (error) {
    reply({ id, fault: stop.signal.aborted ? new Error('given up') : asError(error) })
  } finally {
    wanted.delete(id)
  }
}

function reply(message: InferenceReply): void {
  const transfer = 'partials' in message ? message.partials.map((sums) => sums.buffer as ArrayBuffer) : []
  port?.postMessage(message, transfer)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
