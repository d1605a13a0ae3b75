import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { bytesOf } from '../audio/pcm.ts'
import type { Graph } from '../models/description.ts'
import { download } from '../models/download.ts'
import { workersProxy } from '../models/http-proxy.ts'
import { urlBelow } from '../song/address.ts'
import { messageOf } from '../song/errors.ts'
import { type Assignment, type Claim, type Failure, SOUND_TYPE } from '../song/messages.ts'
import { describeProxyAnswer } from '../song/proxy-answer.ts'
import { readJson } from '../song/read-json.ts'
import { type Claimed, readClaimed, readSamples, WITH_SOUND } from './claimed.ts'
import { type Request, request, textOf } from './request.ts'

const CALL_IDLE_MS = 20_000
/** A server that asks to come again (503: it starts, its ledger is held) is asked so long: what was computed is not lost. */
const RETRY_FOR_MS = 60_000
const LONGEST_WAIT_MS = 5_000
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
  const below = (path: string) => urlBelow(server, path)
  const hint = workersProxy(below(''))
    ? ' (HTTP_PROXY or HTTPS_PROXY is set; NO_PROXY names hosts to reach without)'
    : ''
  const askOnce = (path: string, options: Omit<Request, 'signal' | 'idleMs'> & { idleMs?: number }) =>
    request(below(path), { idleMs: CALL_IDLE_MS, ...options, signal }).catch((cause: unknown) => {
      throw new CouldNotTry(`cannot reach ${server}: ${messageOf(cause)}${hint}`, { cause })
    })
  const ask: typeof askOnce = async (path, options) => {
    const deadline = performance.now() + RETRY_FOR_MS
    for (;;) {
      const answer = await askOnce(path, options)
      const waitMs = Math.min(LONGEST_WAIT_MS, 1000 * Number(answer.headers['retry-after']))
      if (answer.statusCode !== 503 || !(waitMs > 0) || performance.now() + waitMs > deadline) return answer
      answer.resume()
      await setTimeout(waitMs, undefined, { signal }).catch((cause: unknown) => {
        throw new CouldNotTry(`${server} is not ready yet`, { cause })
      })
    }
  }

  return {
    async claim(jobId, claim) {
      const answer = await ask(`job/${jobId}/claim`, post(claim, { accept: WITH_SOUND }))
      if (isOver(answer)) return 'gone'
      if (answer.statusCode === 403 && isOurs(answer)) return unread(answer, 'forbidden')
      return whole('claim', answer, readClaimed)
    },

    async fetchInput({ jobId, attemptToken, inputBytes }) {
      const answer = await ask(`job/${jobId}/input`, { ...get(attemptToken), idleMs: SOUND_IDLE_MS })
      if (isOver(answer)) return 'gone'
      return whole('input', answer, (sound) => readSamples(sound, inputBytes))
    },

    async sendResult({ assignment: { jobId, attemptToken }, partials, seconds }) {
      const answer = await ask(`job/${jobId}/result?seconds=${seconds.toFixed(3)}`, {
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
      return whole('model', await ask(`job/${jobId}/model`, get(attemptToken)), textOf)
    },

    async fetchGraph({ jobId, attemptToken }, { sha256, bytes }, path) {
      await download({
        url: below(`job/${jobId}/model/${sha256}`).href,
        path,
        partialPath: `${path}.${process.pid}.part`,
        bytes,
        sha256,
        mostBytes: bytes,
        mostRedirects: 0,
        headers: bearing(attemptToken),
        proxyEnvironment: workersProxy(below('')),
        signal,
      }).catch((cause: unknown) => {
        throw new CouldNotTry(`the model did not come: ${messageOf(cause)}`, { cause })
      })
    },

    async reportFailure({ jobId, attemptToken }, failure) {
      unread(await ask(`job/${jobId}/failed`, post(failure, bearing(attemptToken))), undefined)
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

/** A proxy that does not know the server's path says 404 as well, of every job. */
function isOver(answer: IncomingMessage): boolean {
  const { statusCode } = answer
  return (statusCode === 410 || (statusCode === 404 && isOurs(answer))) && unread(answer, true)
}

/** In the form of the server's own errors. */
function isOurs({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') === true
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
    const said = readJson(await textOf(answer).catch(() => '')) as { error?: unknown } | undefined
    const words =
      typeof said?.error === 'string' ? said.error.slice(0, 300) : describeProxyAnswer(answer.statusCode ?? 0)
    throw new CouldNotTry(`the server answered ${answer.statusCode} to the ${what}: ${words}`)
  }
  return read(answer).catch((cause: unknown) => {
    answer.destroy()
    throw new CouldNotTry(`the ${what} did not come whole: ${messageOf(cause)}`, { cause })
  })
}
