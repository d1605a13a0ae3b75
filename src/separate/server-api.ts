import { bytesOf } from '../audio/pcm.ts'
import type { Graph } from '../models/description.ts'
import { download } from '../models/download.ts'
import { messageOf } from '../song/errors.ts'
import { Assignment, type Claim, type Failure } from '../song/messages.ts'
import { putBytes } from './put-bytes.ts'

const CALL_TIMEOUT_MS = 20_000
/** Between two bytes of sound, in either direction, at the slowest link we still call alive. */
const SOUND_TIMEOUT_MS = 120_000

/** The worker could not do its part for a reason that has nothing to do with the job: it is to be given back. */
export class CouldNotTry extends Error {
  override name = 'CouldNotTry'
}

/** The calls of a worker to the server that invited it. */
export type ServerApi = {
  claim(jobId: number, claim: Claim): Promise<Assignment | 'gone' | 'forbidden'>
  fetchInput(assignment: Assignment): Promise<Int16Array | 'gone'>
  sendResult(result: {
    assignment: Assignment
    partials: readonly Float32Array[]
    seconds: number
  }): Promise<'accepted' | 'duplicate' | 'gone'>
  reportFailure(assignment: Assignment, failure: Failure): Promise<void>
  /** The description of the job's model: the text of its model.json. */
  fetchModel(assignment: Assignment): Promise<string>
  /** One of its graphs, to a file. */
  fetchGraph(assignment: Assignment, graph: Graph, path: string): Promise<void>
}

/** @param server the URL of the invitation */
export function serverApi(server: string, signal: AbortSignal): ServerApi {
  async function call(path: string, init: RequestInit & { timeoutMs: number }): Promise<Response> {
    const { timeoutMs, ...rest } = init
    try {
      return await fetch(new URL(path, server), {
        ...rest,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
    } catch (cause) {
      throw new CouldNotTry(`cannot reach ${server}: ${reasonOf(cause)}`, { cause })
    }
  }

  return {
    async claim(jobId, claim) {
      const response = await call(`/job/${jobId}/claim`, { ...jsonPost(claim), timeoutMs: CALL_TIMEOUT_MS })
      if (response.status === 410 || response.status === 404) return 'gone'
      if (response.status === 403) return 'forbidden'
      return Assignment.parse(await answered(response, 'claim').then((ok) => ok.json()))
    },

    async fetchInput({ jobId, attemptToken, inputBytes }) {
      const response = await call(`/job/${jobId}/input`, {
        headers: { authorization: `Bearer ${attemptToken}` },
        timeoutMs: SOUND_TIMEOUT_MS,
      })
      if (response.status === 410 || response.status === 404) return 'gone'
      return readSamples(await answered(response, 'input'), inputBytes)
    },

    async sendResult({ assignment, partials, seconds }) {
      const response = await putBytes(
        new URL(`/job/${assignment.jobId}/result?seconds=${seconds.toFixed(3)}`, server),
        {
          headers: { authorization: `Bearer ${assignment.attemptToken}` },
          parts: partials.map(bytesOf),
          signal: AbortSignal.any([signal, AbortSignal.timeout(SOUND_TIMEOUT_MS)]),
        },
      ).catch((cause: unknown) => {
        throw new CouldNotTry(`cannot reach ${server}: ${reasonOf(cause)}`, { cause })
      })
      if (response.status === 410 || response.status === 404) return 'gone'
      const { outcome } = (await answered(response, 'result').then((ok) => ok.json())) as { outcome: unknown }
      return outcome === 'duplicate' ? 'duplicate' : 'accepted'
    },

    async fetchModel({ jobId, attemptToken }) {
      const headers = { authorization: `Bearer ${attemptToken}` }
      const response = await call(`/job/${jobId}/model`, { headers, timeoutMs: CALL_TIMEOUT_MS })
      return answered(response, 'model').then((ok) => ok.text())
    },

    async fetchGraph({ jobId, attemptToken }, { sha256, bytes }, path) {
      await download({
        url: new URL(`/job/${jobId}/model/${sha256}`, server).href,
        path,
        partialPath: `${path}.${process.pid}.part`,
        bytes,
        sha256,
        mostBytes: bytes,
        headers: { authorization: `Bearer ${attemptToken}` },
        signal,
      }).catch((cause: unknown) => {
        throw new CouldNotTry(`the model did not come: ${messageOf(cause)}`, { cause })
      })
    },

    async reportFailure({ jobId, attemptToken }, failure) {
      const init = jsonPost(failure)
      await call(`/job/${jobId}/failed`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${attemptToken}` },
        timeoutMs: CALL_TIMEOUT_MS,
      })
    },
  }
}

function jsonPost(body: unknown) {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function answered(response: Response, what: string): Promise<Response> {
  if (response.ok) return response
  const text = (await response.text().catch(() => '')).slice(0, 300)
  throw new CouldNotTry(`the server answered ${response.status} to the ${what}: ${text}`)
}

/** Exactly the promised bytes; a server that sends more or fewer is not believed, and never fills our memory. */
async function readSamples(response: Response, bytes: number): Promise<Int16Array> {
  const all = new Uint8Array(bytes)
  let filled = 0
  try {
    for await (const chunk of response.body ?? []) {
      if (filled + chunk.length > bytes) throw new Error(`more than the ${bytes} bytes that were announced`)
      all.set(chunk, filled)
      filled += chunk.length
    }
    if (filled !== bytes) throw new Error(`${filled} of ${bytes} bytes`)
  } catch (cause) {
    throw new CouldNotTry(`the input did not come whole: ${reasonOf(cause)}`, { cause })
  }
  return new Int16Array(all.buffer)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause ? `${messageOf(error)} (${messageOf(cause)})` : messageOf(error)
}
