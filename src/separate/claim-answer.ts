import type { IncomingMessage } from 'node:http'
import { Assignment, SOUND_TYPE } from '../song/messages.ts'
import { readJson } from '../song/read-json.ts'
import { textOf } from './http-request.ts'

/** Asks for the sound along with the assignment: a line of JSON, and after it the bytes. */
export const WITH_SOUND = `${SOUND_TYPE}, application/json;q=0.5`
const LINE_FEED = 10
const MOST_LINE_BYTES = 10_000

export type ClaimAnswer = {
  assignment: Assignment
  /** 16-bit PCM of the segment; null where it has not come along, or not all of it. */
  input: Int16Array | null
  /** When the server began to answer, on the clock of `performance`. */
  at: number
}

/** The answer to a claim. Throws when not even the assignment is in it. */
export async function readClaimAnswer(answer: IncomingMessage): Promise<ClaimAnswer> {
  const at = performance.now()
  if (!answer.headers['content-type']?.startsWith(SOUND_TYPE))
    return { assignment: Assignment.parse(readJson(await textOf(answer))), input: null, at }
  const chunks = answer[Symbol.asyncIterator]()
  const { line, rest } = await readLine(chunks)
  const assignment = Assignment.parse(readJson(line.toString()))
  // It has been given to us: what is missing can be asked for, and what was given can be given back.
  const input = await readSamples(following(rest, chunks), assignment.inputBytes).catch(() => null)
  return { assignment, input, at }
}

/** Exactly the promised bytes; a server that sends more or fewer is not believed, and never fills our memory. */
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
  while (end < 0 && head.length < MOST_LINE_BYTES) {
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
