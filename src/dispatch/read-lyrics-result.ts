import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { readJson } from '../platform/read-json.ts'
import { UserError } from '../song/errors.ts'
import { type LyricsTask, LyricsTaskResult } from '../song/lyrics-task.ts'
import { MAX_LYRICS_RESULT_BYTES } from '../song/messages.ts'

/**
 * Reads a worker's result of a job for lyrics, and checks it: JSON of at most MAX_LYRICS_RESULT_BYTES, words in order whose ends are not
 * before their beginnings and, in an alignment, exactly as many words as were given. Throws a UserError if it refuses the result.
 */
export async function readLyricsResult({
  body,
  announcedBytes,
  task,
}: {
  body: Readable
  /** NaN if the sender does not say. */
  announcedBytes: number
  task: LyricsTask
}): Promise<{ result: LyricsTaskResult; sha256: string }> {
  if (announcedBytes > MAX_LYRICS_RESULT_BYTES) throw tooLong()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_LYRICS_RESULT_BYTES) throw tooLong()
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks)
  const read = LyricsTaskResult.safeParse(readJson(text.toString()))
  if (!read.success) throw notAResult('it is not the JSON of words and their times')
  const { words } = read.data
  if (task.kind === 'align' && words.length !== task.words.length)
    throw notAResult(`it has ${words.length} words, not ${task.words.length}`)
  if (words.some(({ startMs, endMs }) => endMs < startMs)) throw notAResult('a word ends before it begins')
  if (words.some(({ startMs }, index) => startMs < (words[index - 1]?.startMs ?? 0)))
    throw notAResult('its words are not in order')
  return { result: read.data, sha256: createHash('sha256').update(text).digest('hex') }
}

function tooLong(): UserError {
  return new UserError(`The result has more than ${MAX_LYRICS_RESULT_BYTES} bytes.`, { code: 'result-too-long' })
}

function notAResult(why: string): UserError {
  return new UserError(`The result cannot be used: ${why}.`, { code: 'not-a-result' })
}
