import { parentPort, workerData } from 'node:worker_threads'
import type { Model } from './catalogue.ts'
import { openSeparator } from './open-separator.ts'
import type { Separator } from './separator.ts'

/** `input` as in Separator.separate; null instead of a request ends the thread. */
export type InferenceRequest = { id: number; input: Int16Array; index: number }
/** Id 0 is the model's being ready. */
export type InferenceReply = { id: number; partials: Float32Array[] } | { id: number; fault: Error }

const port = parentPort
if (!port) throw new Error('inference-thread.ts runs as a thread only.')
const { model, threads } = workerData as { model: Model; threads: number }

const opening = openSeparator({ model, threads })
opening.then(
  () => reply({ id: 0, partials: [] }),
  (error: unknown) => reply({ id: 0, fault: asError(error) }),
)

let inLine: Promise<void> = Promise.resolve()
port.on('message', (request: InferenceRequest | null) => {
  if (request === null) inLine = inLine.then(() => port.close())
  else inLine = inLine.then(() => answer(request))
})

async function answer({ id, input, index }: InferenceRequest): Promise<void> {
  try {
    const separator: Separator = await opening
    reply({ id, partials: await separator.separate(input, index) })
  } catch (error) {
    reply({ id, fault: asError(error) })
  }
}

function reply(message: InferenceReply): void {
  const transfer = 'partials' in message ? message.partials.map((sums) => sums.buffer as ArrayBuffer) : []
  port?.postMessage(message, transfer)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
