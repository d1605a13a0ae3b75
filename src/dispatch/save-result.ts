import { createHash, randomUUID } from 'node:crypto'
import { renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UserError } from '../song/errors.ts'
import { FLOAT_BYTES } from '../song/pcm.ts'
import { areSoundValues } from '../song/sound-values.ts'
import { saveStream } from '../store/song-files/incoming.ts'

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
      if (!areSoundValues(floatsOf(whole.subarray(0, usable)))) throw noSoundValues()
    },
  })
  if (bytes !== expectedBytes) {
    await rm(unfinished, { force: true })
    throw wrongLength(bytes, expectedBytes)
  }
  renameSync(unfinished, path)
  return hash.digest('hex')
}

/** Views little-endian bytes as float32 values. Copies them if their address is not a multiple of four. */
function floatsOf(bytes: Buffer): Float32Array {
  const aligned = bytes.byteOffset % FLOAT_BYTES === 0 ? bytes : new Uint8Array(bytes)
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / FLOAT_BYTES)
}

function wrongLength(bytes: number, expected: number): UserError {
  const code = bytes > expected ? 'result-too-long' : 'wrong-length'
  return new UserError(`The result has ${bytes} bytes, not ${expected}.`, { code })
}

function noSoundValues(): UserError {
  return new UserError('The result holds values that are not sound (NaN, infinite or absurdly large).', {
    code: 'no-sound-values',
  })
}
