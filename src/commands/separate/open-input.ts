import { closeSync, constants, createReadStream, createWriteStream, fstatSync, openSync, readSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { whyUnreadable, whyUnwritable } from '../../platform/file-faults.ts'
import { UserError } from '../../song/errors.ts'
import { printError } from '../terminal.ts'
import { isGarbled, pathsLike } from './byte-path.ts'
import { type SongInput, STANDARD_INPUT } from './list-songs.ts'
import { WAY_OUT } from './output-folder.ts'

/** Paths of this process's own descriptors. In a media process the same paths would mean other files. */
const OWN_DESCRIPTOR = /^\/(?:dev\/fd|proc\/(?:self|thread-self))\//

/**
 * Checks that a song can be read. First copies input that decoders cannot open by its path, such as a pipe, to `spool`. Throws
 * a UserError with the reason when the song cannot be read.
 * @returns the path to decode
 */
export async function openInput({
  song: { argument, path },
  spool,
  signal,
}: {
  song: SongInput
  spool: string
  signal: AbortSignal
}): Promise<string> {
  if (STANDARD_INPUT.has(argument)) {
    if (process.stdin.isTTY)
      throw noFile('Standard input is the terminal. Send a song into it: cat song.mp3 | minus-one separate -')
    if (fstatSync(process.stdin.fd).isDirectory())
      throw noFile('Standard input is a folder. Name it in place of -, and the songs in it are taken.')
    return copy({ from: process.stdin, spool, signal })
  }
  const found = await stat(path).catch((error: unknown) => refuseMissing(argument, error))
  if (found.isDirectory())
    throw noFile('There is no file of sound in this folder. Folders in it are not entered: name them.')
  if (!found.isFile() && !found.isFIFO()) throw noFile('It is a device or a socket, and no file of sound.')
  if (found.isFIFO()) printError(`${argument}: reading from the pipe until it ends …`)
  const file = openNow(path)
  if (found.isFIFO()) return copy({ from: new Socket({ fd: file, writable: false }), spool, signal })
  if (!hasFirstByte(file)) throw noFile('The file is empty.')
  // A file in /proc has size 0 even if it has content.
  if (typeof path === 'string' && !OWN_DESCRIPTOR.test(path) && found.size > 0) return path
  return copy({ from: createReadStream(path), spool, signal })
}

/** Opens a file, and does not wait for the writer of a pipe: that wait could not be interrupted. */
function openNow(path: string | Buffer): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return refuseUnreadable(error)
  }
}

function hasFirstByte(file: number): boolean {
  try {
    return readSync(file, Buffer.alloc(1), 0, 1, 0) > 0
  } catch (error) {
    return refuseUnreadable(error)
  } finally {
    closeSync(file)
  }
}

async function refuseMissing(argument: string, error: unknown): Promise<never> {
  if (isGarbled(argument) && (await pathsLike(argument)).length > 1)
    throw noFile('Several files have this name but for bytes that are no UTF-8. Rename them.')
  return refuseUnreadable(error)
}

async function copy({ from, spool, signal }: { from: Readable; spool: string; signal: AbortSignal }): Promise<string> {
  const to = createWriteStream(spool)
  try {
    await pipeline(from, to, { signal })
  } catch (error) {
    signal.throwIfAborted()
    const isWritten = ['open', 'write'].includes((error as NodeJS.ErrnoException).syscall ?? '')
    const why = isWritten ? whyUnwritable(error, WAY_OUT) : whyUnreadable(error)
    throw why === null ? error : noFile(why, error)
  }
  if (to.bytesWritten === 0) throw noFile('Nothing came from it: it is empty.')
  return spool
}

function refuseUnreadable(error: unknown): never {
  const why = whyUnreadable(error)
  throw why === null ? error : noFile(why, error)
}

function noFile(message: string, cause?: unknown): UserError {
  return new UserError(message, { code: 'no-file', cause })
}
