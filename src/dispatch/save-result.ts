import { createHash, randomUUID } from 'node:crypto'
import { renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UserError } from '../song/errors.ts'
import { saveStream } from '../store/song-files/incoming.ts'

const FLOAT_BYTES = 4
/** Partial sums are in units of 16-bit samples. No network exceeds full scale by this factor of 64. */
const LARGEST_VALUE = 32_768 * 64

/**
 * Saves a worker's result as it arrives. Checks its length and every value. Throws a UserError if it refuses the result. Leaves
 * no file if the result is refused or breaks off.
 * @returns the SHA-256 of the bytes
 */
export async function saveResult({
  body,
  path,
  announcedBytes,
  expectedBytes,
}: {
  body: Readable
  path: string
  announcedBytes: number
  expectedBytes: number
}): Promise<string> {
  // NaN if the sender does not say. Both comparisons are false then, and the length is checked at the end.
  if (announcedBytes > expectedBytes || announcedBytes < expectedBytes) throw wrongLength(announcedBytes, expectedBytes)
  const hash = createHash('sha256')
  let carried: Buffer = Buffer.alloc(0)
  const unfinished = `${path}.${randomUUID()}`
  const bytes = await saveStream({
    body,
    path: unfinished,
    check(chunk, bytesSoFar) {
      if (bytesSoFar > expectedBytes) throw wrongLength(bytesSoFar, expectedBytes)
      hash.update(chunk)
      const whole = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
      const usable = whole.length - (whole.length % FLOAT_BYTES)
      carried = whole.subarray(usable)
      if (!areSane(whole.subarray(0, usable))) throw insane()
    },
  })
  if (bytes !== expectedBytes) {
    await rm(unfinished, { force: true })
    throw wrongLength(bytes, expectedBytes)
  }
  renameSync(unfinished, path)
  return hash.digest('hex')
}

/** Whether all little-endian float32 values are finite and at most LARGEST_VALUE. */
export function areSane(bytes: Buffer): boolean {
  const aligned = bytes.byteOffset % FLOAT_BYTES === 0 ? bytes : new Uint8Array(bytes)
  const values = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / FLOAT_BYTES)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    // NaN fails both comparisons
    if (!(value <= LARGEST_VALUE && value >= -LARGEST_VALUE)) return false
  }
  return true
}

function wrongLength(bytes: number, expected: number): UserError {
  const code = bytes > expected ? 'result-too-long' : 'wrong-length'
  return new UserError(`The result has ${bytes} bytes, not ${expected}.`, { code })
}

function insane(): UserError {
  return new UserError('The result holds values that are no sound (NaN, infinite or absurdly large).', {
    code: 'no-sound-values',
  })
}
