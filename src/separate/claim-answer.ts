import type { IncomingMessage } from 'node:http'
import { readJson } from '../platform/read-json.ts'
import { Assignment, SOUND_TYPE } from '../song/messages.ts'
import { textOf } from './http-request.ts'

/** The `accept` header that asks for the sound with the assignment: a line of JSON, then the bytes. */
export const WITH_SOUND = `${SOUND_TYPE}, application/json;q=0.5`
const LINE_FEED = 10
/** A job for lyrics names all words that are to be placed. */
const MAX_LINE_BYTES = 1 << 19

export type ClaimReceived = {
  assignment: Assignment
  /** The 16-bit PCM of the job. Null if it did not come with the assignment, or came incomplete. */
  input: Int16Array | null
  /** The time at which the answer began, on the clock of `performance`. The server may delay the answer to a claim. */
  answeredAt: number
}

/** Reads the answer to a claim. Throws when it holds no assignment. */
export async function readClaimAnswer(answer: IncomingMessage): Promise<ClaimReceived> {
  const answeredAt = performance.now()
  if (!answer.headers['content-type']?.startsWith(SOUND_TYPE))
    return { assignment: Assignment.parse(readJson(await textOf(answer))), input: null, answeredAt }
  const chunks = answer[Symbol.asyncIterator]()
  const { line, rest } = await readLine(chunks)
  const assignment = Assignment.parse(readJson(line.toString()))
  // The job is already assigned. If its sound is incomplete, the worker requests the sound again or returns the job.
  const input = await readSamples(following(rest, chunks), assignment.inputBytes).catch(() => null)
  return { assignment, input, answeredAt }
}

/** Reads exactly the promised bytes. Throws when there are more or fewer, and never keeps more. */
export async function readSamples(chunks: AsyncIterable<Buffer>, bytes: number): Promise<Int16Array> {
  const all = new Uint8Array(bytes)
  let filled = 0
  for await (const chunk of chunks) {
    if (filled + chunk.length > bytes) throw new Error(`more than the ${bytes} bytes that were announced`)
    all.set(chunk, filled)
    filled += chunk.length
  }
  if (filled !== bytes) throw new Error(`${filled} of ${bytes} bytes`)
  return new Int16Array(all.buffer)
}

async function readLine(chunks: AsyncIterator<Buffer>): Promise<{ line: Buffer; rest: Buffer }> {
  let head: Buffer = Buffer.alloc(0)
  let end = -1
  while (end < 0 && head.length < MAX_LINE_BYTES) {
    const { value, done } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, value])
    end = head.indexOf(LINE_FEED)
  }
  if (end < 0) throw new Error('no assignment')
  return { line: head.subarray(0, end), rest: head.subarray(end + 1) }
}

async function* following(first: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* chunks
}
