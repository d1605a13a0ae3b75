import type { IncomingMessage } from 'node:http'
import type { Graph } from '../models/description.ts'
import { download } from '../models/download.ts'
import { workersProxy } from '../models/http-proxy.ts'
import { urlBelow } from '../platform/address.ts'
import { describeProxyAnswer } from '../platform/proxy-answer.ts'
import { readJson } from '../platform/read-json.ts'
import { messageOf } from '../song/errors.ts'
import { type Assignment, type Claim, type Failure, SOUND_TYPE } from '../song/messages.ts'
import { type ClaimReceived, readClaimAnswer, readSamples, WITH_SOUND } from './claim-answer.ts'
import { CouldNotTry } from './could-not-try.ts'
import { textOf } from './http-request.ts'
import { serverRequests } from './server-requests.ts'

/** The longest wait between two bytes of sound, in either direction, on the slowest line. */
const SOUND_IDLE_MS = 120_000

/** The calls of a worker to the server that invited it. Each throws CouldNotTry when it fails. */
export type ServerApi = {
  claim(jobId: number, claim: Claim): Promise<ClaimReceived | 'gone' | 'forbidden'>
  /** Fetches the sound of a job when it did not come with the claim. */
  fetchInput(assignment: Assignment): Promise<Int16Array | 'gone'>
  sendResult(result: {
    assignment: Assignment
    /** The parts of the result's bytes. */
    parts: readonly Buffer[]
    seconds: number
  }): Promise<'accepted' | 'duplicate' | 'gone'>
  reportFailure(assignment: Assignment, failure: Failure): Promise<void>
  /** Fetches the text of the model.json of the job's model. */
  fetchModel(assignment: Assignment): Promise<string>
  /** Fetches one graph of the job's model to a file. */
  fetchGraph(assignment: Assignment, graph: Graph, path: string): Promise<void>
}

/** @param server the URL of the invitation */
export function serverApi(server: string, signal: AbortSignal): ServerApi {
  const send = serverRequests(server, signal)
  return {
    async claim(jobId, claim) {
      const answer = await send(`job/${jobId}/claim`, post(claim, { accept: WITH_SOUND }))
      if (saysGone(answer)) return drain(answer, 'gone')
      if (answer.statusCode === 403 && isOurs(answer)) return drain(answer, 'forbidden')
      return readWhole('claim', answer, readClaimAnswer)
    },

    async fetchInput({ jobId, attemptToken, inputBytes }) {
      const answer = await send(`job/${jobId}/input`, { ...get(attemptToken), idleMs: SOUND_IDLE_MS })
      if (saysGone(answer)) return drain(answer, 'gone')
      return readWhole('input', answer, (sound) => readSamples(sound, inputBytes))
    },

    async sendResult({ assignment: { jobId, attemptToken }, parts, seconds }) {
      const answer = await send(`job/${jobId}/result?seconds=${seconds.toFixed(3)}`, {
        method: 'PUT',
        headers: { ...bearing(attemptToken), 'content-type': SOUND_TYPE },
        parts,
        idleMs: SOUND_IDLE_MS,
      })
      if (saysGone(answer)) return drain(answer, 'gone')
      const said = readJson(await readWhole('result', answer, textOf)) as { outcome?: unknown } | undefined
      return said?.outcome === 'duplicate' ? 'duplicate' : 'accepted'
    },

    async fetchModel({ jobId, attemptToken }) {
      return readWhole('model', await send(`job/${jobId}/model`, get(attemptToken)), textOf)
    },

    async fetchGraph({ jobId, attemptToken }, { sha256, bytes }, path) {
      await download({
        url: urlBelow(server, `job/${jobId}/model/${sha256}`).href,
        path,
        partialPath: `${path}.${process.pid}.part`,
        bytes,
        sha256,
        maxBytes: bytes,
        maxRedirects: 0,
        headers: bearing(attemptToken),
        proxyEnvironment: workersProxy(urlBelow(server, '')),
        signal,
      }).catch((cause: unknown) => {
        throw new CouldNotTry(`the model did not arrive: ${messageOf(cause)}`, { cause })
      })
    },

    async reportFailure({ jobId, attemptToken }, failure) {
      drain(await send(`job/${jobId}/failed`, post(failure, bearing(attemptToken))), undefined)
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

/**
 * 404 counts only in the form of the server's own errors. A proxy that does not know the path of the server answers 404 for
 * every job.
 */
function saysGone(answer: IncomingMessage): boolean {
  return answer.statusCode === 410 || (answer.statusCode === 404 && isOurs(answer))
}

/** Whether an answer has the form of the server's own errors. */
function isOurs({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') === true
}

/** Discards the body, so that the connection can be used again. */
function drain<T>(answer: IncomingMessage, meaning: T): T {
  answer.resume()
  return meaning
}

/** Reads the body of a 200. Throws CouldNotTry for any other answer, and when the body breaks off. */
async function readWhole<T>(
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
    throw new CouldNotTry(`the ${what} did not arrive complete: ${messageOf(cause)}`, { cause })
  })
}
