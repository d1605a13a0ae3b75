import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { MEBIBYTE } from '../platform/byte-units.ts'
import { UserError } from '../song/errors.ts'
import { saveStream } from '../store/song-files/incoming.ts'

/**
 * Streams an upload to disk, with the memory of one block for any size. Throws a UserError (too-large) beyond `maxBytes`, a
 * UserError (empty) if the upload is empty, or the error of a full disk. It then leaves no file.
 */
export async function saveUpload({
  body,
  path,
  maxBytes,
  onWritten,
}: {
  body: Readable
  path: string
  maxBytes: number
  onWritten?(bytes: number): void
}): Promise<number> {
  const check = (_chunk: Buffer, bytesSoFar: number) => {
    if (bytesSoFar > maxBytes) throw tooLarge(maxBytes)
  }
  const bytes = await saveStream({ body, path, check, ...(onWritten && { onWritten }) })
  if (bytes > 0) return bytes
  await rm(path, { force: true })
  throw new UserError('The upload is empty. Send the bytes of a song.', { code: 'empty' })
}

function tooLarge(maxBytes: number): UserError {
  const megabytes = Math.floor(maxBytes / MEBIBYTE)
  return new UserError(
    `The upload is larger than ${megabytes} MB (MAX_UPLOAD_MB). Send a compressed file, or part of it.`,
    {
      code: 'too-large',
    },
  )
}
