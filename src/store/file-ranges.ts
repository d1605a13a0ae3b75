import { closeSync, constants, openSync, read, write } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/*
 * What takes a moment, opening and closing, is done at once: by way of a thread it costs several times the processor, and
 * a turn of the event loop, which is what a worker waits for. Bytes go by way of a thread, since they may be on a slow disk.
 */
const readInto = promisify(read)
const writeFrom = promisify(write)

/** Bytes [start, start + length) of a file; null when the file is not there or has less. */
export async function readRange(path: string, start: number, length: number): Promise<Buffer | null> {
  const ranges = await readRanges(path, [start], length)
  return ranges && (ranges[0] ?? null)
}

/** The same of several places in it, each of this length. */
export async function readRanges(path: string, starts: readonly number[], length: number): Promise<Buffer[] | null> {
  const file = openExisting(path)
  if (file === null) return null
  try {
    const ranges: Buffer[] = []
    for (const start of starts) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await readInto(file, bytes, 0, length, start)
      if (bytesRead !== length) return null
      ranges.push(bytes)
    }
    return ranges
  } finally {
    closeSync(file)
  }
}

/** All bytes of a file; null when it is not there. */
export async function readExisting(path: string): Promise<Buffer | null> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return null
  })
}

/** Opens a file for writing anywhere in it, made when it is not there; what is in it stays. */
export function openForRanges(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT)
}

/** Writes all of the bytes at a position, in as many calls as the system wants. */
export function writeRange({ fd }: FileHandle, start: number, bytes: Buffer): Promise<void> {
  return writeAll(fd, start, bytes)
}

/** @param start null: where the last write ended */
export async function writeAll(file: number, start: number | null, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const position = start === null ? null : start + done
    done += (await writeFrom(file, bytes, done, bytes.length - done, position)).bytesWritten
  }
}

function openExisting(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The same in a file that is opened for it, made when it is not there. */
export async function writeAt(path: string, start: number, bytes: Buffer): Promise<void> {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT)
  try {
    await writeAll(file, start, bytes)
  } finally {
    closeSync(file)
  }
}
