import { parentPort, workerData } from 'node:worker_threads'
import pLimit from 'p-limit'
import type { LyricsTask, LyricsTaskResult } from '../song/lyrics-task.ts'
import { openSpeech, type SpeechOptions } from './open-speech.ts'

/** A task. `null` in its place ends the thread. */
export type SpeechRequest = { id: number; task: LyricsTask; voice: Int16Array }
/** Cancels the request with this id, between two networks. */
export type CancelRequest = { cancel: number }
/** The reply with id 0 says that the model is loaded. */
export type SpeechReply = { id: number; result: LyricsTaskResult | null } | { id: number; fault: Error }

const port = parentPort
if (!port) throw new Error('speech-thread.ts runs as a thread only.')

const opening = openSpeech(workerData as SpeechOptions)
opening.then(
  () => reply({ id: 0, result: null }),
  (error: unknown) => reply({ id: 0, fault: asError(error) }),
)

const oneAtATime = pLimit(1)
const cancellations = new Map<number, AbortController>()
port.on('message', (request: SpeechRequest | CancelRequest | null) => {
  if (request && 'cancel' in request) cancellations.get(request.cancel)?.abort()
  else if (request === null) void oneAtATime(() => port.close())
  else {
    cancellations.set(request.id, new AbortController())
    void oneAtATime(() => answer(request))
  }
})

async function answer({ id, task, voice }: SpeechRequest): Promise<void> {
  const signal = cancellations.get(id)?.signal
  try {
    signal?.throwIfAborted()
    const speech = await opening
    reply({ id, result: await speech.run(task, voice, signal) })
  } catch (error) {
    reply({ id, fault: signal?.aborted ? new Error('cancelled') : asError(error) })
  } finally {
    cancellations.delete(id)
  }
}

function reply(message: SpeechReply): void {
  port?.postMessage(message)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
