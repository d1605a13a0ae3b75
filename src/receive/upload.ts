import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UserError } from '../song/errors.ts'

/**
 * Streams an upload to disk, whatever its size with the memory of one block.
 * Throws a UserError 413 past `maxBytes`, 405 when nothing came, 507 when the disk is full; leaves no file then.
 */
export async function saveUpload({
  body,
  path,
  maxBytes,
}: {
  body: Readable
  path: string
  maxBytes: number
}): Promise<number> {
  let bytes = 0
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done(bytes > maxBytes ? tooLarge(maxBytes) : null, chunk)
    },
  })
  try {
    await pipeline(body, limit, createWriteStream(path, { flags: 'wx' }))
    if (bytes === 0)
      throw new UserError('The upload is empty. Send the bytes of a song.', { code: 'empty', status: 405 })
    return bytes
  } catch (error) {
    await rm(path, { force: true })
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noRoom(error) : error
  }
}

export function tooLarge(maxBytes: number): UserError {
  const megabytes = Math.floor(maxBytes / 2 ** 20)
  return new UserError(
    `The upload is larger than ${megabytes} MB (MAX_UPLOAD_MB). Send a compressed file, or part of it.`,
    {
      code: 'too-large',
      status: 413,
    },
  )
}

export function noRoom(cause: unknown): UserError {
  return new UserError('The server has no room left on its disk. Delete songs, or make room and try again.', {
    code: 'no-room',
    status: 507,
    cause,
  })
}
