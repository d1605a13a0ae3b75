import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { writeAll } from './file-ranges.ts'

/** A write costs as much for 64 kB, as they come from the network, as for this: 115 MB take 0.4 s instead of 0.8 s. */
const WRITE_BYTES = 1 << 20

/**
 * Streams what somebody sends into a new file, each chunk checked first. When the check refuses it, the disk is full or
 * the sender is gone, no file is left; what still comes is read and dropped, so that the sender gets to hear the answer.
 * @param check throws to refuse; told the bytes so far, the chunk included
 * @param onWritten told of the bytes in the file after each write
 * @returns how many bytes there are
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
  /** Writes what has come while more comes. */
  const writePending = async (): Promise<void> => {
    await writing
    const bytesThen = bytes
    writing = writeAll(file, null, Buffer.concat(pending)).then(() => onWritten(bytesThen))
    writing.catch(() => undefined) // told to whoever waits for it
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
