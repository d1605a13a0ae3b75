import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { writeAll } from './file-ranges.ts'

/**
 * Network chunks of 64 kB are collected up to this size. A write call costs the same for both: 115 MB take 0.4 s instead of
 * 0.8 s.
 */
const WRITE_BYTES = 1 << 20

/**
 * Streams a request body into a new file and checks each chunk first. No file is left if the check refuses a chunk, the disk
 * is full or the sender disconnects. The rest of the body is then read and discarded, so that the sender can read the
 * answer.
 * @param check throws to refuse. It receives the chunk and the total bytes so far, this chunk included.
 * @param onWritten receives the bytes in the file after each write
 * @returns the length of the file in bytes
 */
export async function saveStream({
  body,
  path,
  check,
  onWritten = () => undefined,
}: {
  body: Readable
  path: string
  check(chunk: Buffer, bytesSoFar: number): void
  onWritten?(bytes: number): void
}): Promise<number> {
  const file = openSync(path, 'wx')
  let bytes = 0
  let pending: Buffer[] = []
  let pendingBytes = 0
  let writing = Promise.resolve()
  /** Starts writing the pending chunks while more are received. */
  const writePending = async (): Promise<void> => {
    await writing
    const bytesThen = bytes
    writing = writeAll(file, null, Buffer.concat(pending)).then(() => onWritten(bytesThen))
    writing.catch(() => undefined) // the next await of `writing` reports it
    pending = []
    pendingBytes = 0
  }
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length
      check(chunk as Buffer, bytes)
      pending.push(chunk as Buffer)
      pendingBytes += (chunk as Buffer).length
      if (pendingBytes >= WRITE_BYTES) await writePending()
    }
    await writePending()
    await writing
    return bytes
  } catch (error) {
    await writing.catch(() => undefined)
    await rm(path, { force: true })
    body.resume()
    throw error
  } finally {
    closeSync(file)
  }
}
