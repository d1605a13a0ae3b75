import type { IncomingMessage } from 'node:http'
import { bytesOf } from '../audio/pcm.ts'
import type { Graph } from '../models/description.ts'
import { download } from '../models/download.ts'
import { messageOf } from '../song/errors.ts'
import { type Assignment, type Claim, type Failure, SOUND_TYPE } from '../song/messages.ts'
import { readJson } from '../song/read-json.ts'
import { type Claimed, readClaimed, readSamples, WITH_SOUND } from './claimed.ts'
import { type Request, request, textOf } from './request.ts'

const CALL_IDLE_MS = 20_000
/** Between two bytes of sound, in either direction, at the slowest link we still call alive. */
const SOUND_IDLE_MS = 120_000

/** The worker could not do its part for a reason that has nothing to do with the job: it is to be given back. */
export class CouldNotTry extends Error {
  override name = 'CouldNotTry'
}

/** The calls of a worker to the server that invited it. They throw CouldNotTry where nothing came of one. */
export type ServerApi = {
  claim(jobId: number, claim: Claim): Promise<Claimed | 'gone' | 'forbidden'>
  /** Where it did not come with the claim. */
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
  const ask = (path: string, options: Omit<Request, 'signal' | 'idleMs'> & { idleMs?: number }) =>
    request(new URL(path, server), { idleMs: CALL_IDLE_MS, ...options, signal }).catch((cause: unknown) => {
      throw new CouldNotTry(`cannot reach ${server}: ${messageOf(cause)}`, { cause })
    })

  return {
    async claim(jobId, claim) {
      const answer = await ask(`/job/${jobId}/claim`, post(claim, { accept: WITH_SOUND }))
      if (isOver(answer)) return 'gone'
      if (answer.statusCode === 403) return unread(answer, 'forbidden')
      return whole('claim', answer, readClaimed)
    },

    async fetchInput({ jobId, attemptToken, inputBytes }) {
      const answer = await ask(`/job/${jobId}/input`, { ...get(attemptToken), idleMs: SOUND_IDLE_MS })
      if (isOver(answer)) return 'gone'
      return whole('input', answer, (sound) => readSamples(sound, inputBytes))
    },

    async sendResult({ assignment: { jobId, attemptToken }, partials, seconds }) {
      const answer = await ask(`/job/${jobId}/result?seconds=${seconds.toFixed(3)}`, {
        method: 'PUT',
        headers: { ...bearing(attemptToken), 'content-type': SOUND_TYPE },
        parts: partials.map(bytesOf),
        idleMs: SOUND_IDLE_MS,
      })
      if (isOver(answer)) return 'gone'
      const said = readJson(await whole('result', answer, textOf)) as { outcome?: unknown } | undefined
      return said?.outcome === 'duplicate' ? 'duplicate' : 'accepted'
    },

    async fetchModel({ jobId, attemptToken }) {
      return whole('model', await ask(`/job/${jobId}/model`, get(attemptToken)), textOf)
    },

    async fetchGraph({ jobId, attemptToken }, { sha256, bytes }, path) {
      await download({
        url: new URL(`/job/${jobId}/model/${sha256}`, server).href,
        path,
        partialPath: `${path}.${process.pid}.part`,
        bytes,
        sha256,
        mostBytes: bytes,
        headers: bearing(attemptToken),
        signal,
      }).catch((cause: unknown) => {
        throw new CouldNotTry(`the model did not come: ${messageOf(cause)}`, { cause })
      })
    },

    async reportFailure({ jobId, attemptToken }, failure) {
      unread(await ask(`/job/${jobId}/failed`, post(failure, bearing(attemptToken))), undefined)
    },
  }
}

function bearing(attemptToken: string) {
  return { authorization: `Bearer ${attemptToken}` }
}

function get(attemptToken: string) {
  return { method: 'GET', headers: bearing(attemptToken) } as const
}

function post(body: unknown, headers: Record<string, string>) {
  const parts = [Buffer.from(JSON.stringify(body))]
  return { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, parts } as const
}

function isOver(answer: IncomingMessage): boolean {
  return (answer.statusCode === 410 || answer.statusCode === 404) && unread(answer, true)
}

/** Lets the connection be used again. */
function unread<T>(answer: IncomingMessage, meaning: T): T {
  answer.resume()
  return meaning
}

async function whole<T>(
  what: string,
  answer: IncomingMessage,
  read: (body: IncomingMessage) => Promise<T>,
): Promise<T> {
  if (answer.statusCode !== 200) {
    const words = (await textOf(answer).catch(() => '')).slice(0, 300)
    throw new CouldNotTry(`the server answered ${answer.statusCode} to the ${what}: ${words}`)
  }
  return read(answer).catch((cause: unknown) => {
    answer.destroy()
    throw new CouldNotTry(`the ${what} did not come whole: ${messageOf(cause)}`, { cause })
  })
}
