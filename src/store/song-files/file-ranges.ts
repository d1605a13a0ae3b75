import { closeSync, constants, openSync, read, write } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/*
 * Files are opened and closed synchronously. Through the thread pool each call costs several times the processor time, plus
 * a turn of the event loop that a worker waits for. Bytes are read and written through the thread pool, because the disk may
 * be slow.
 */
const readInto = promisify(read)
const writeFrom = promisify(write)

/** Reads bytes [start, start + length) of a file. Returns null if the file does not exist or is shorter. */
export async function readRange(path: string, start: number, length: number): Promise<Buffer | null> {
  const ranges = await readRanges(path, [start], length)
  return ranges && (ranges[0] ?? null)
}

/** Reads `length` bytes at each of several positions. Returns null if the file does not exist or is shorter. */
export async function readRanges(path: string, starts: readonly number[], length: number): Promise<Buffer[] | null> {
  const file = openExisting(path)
  if (file === null) return null
  try {
    const ranges: Buffer[] = []
    for (const start of starts) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await readInto(file, bytes, 0, length, start).catch(withPath(path))
      if (bytesRead !== length) return null
      ranges.push(bytes)
    }
    return ranges
  } finally {
    closeSync(file)
  }
}

/** Reads a whole file. Returns null if it does not exist. */
export async function readExisting(path: string): Promise<Buffer | null> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return null
  })
}

/** Opens a file for writing at any position. Creates it if it does not exist, and keeps what it contains. */
export function openForRanges(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT)
}

/** Writes all bytes at a position. */
export function writeRange({ fd }: FileHandle, start: number, bytes: Buffer): Promise<void> {
  return writeAll(fd, start, bytes)
}

/**
 * Writes all bytes, in as many calls as the system needs.
 * @param start null for the end of the last write
 */
export async function writeAll(file: number, start: number | null, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const position = start === null ? null : start + done
    done += (await writeFrom(file, bytes, done, bytes.length - done, position)).bytesWritten
  }
}

/** Rethrows an error of a descriptor with the path of its file, by which faults of one file are told from those of the disk. */
function withPath(path: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(error as NodeJS.ErrnoException, { path })
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

/** Opens a file, creates it if it does not exist, and writes all bytes at a position. */
export async function writeAt(path: string, start: number, bytes: Buffer): Promise<void> {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT)
  try {
    await writeAll(file, start, bytes).catch(withPath(path))
  } finally {
    closeSync(file)
  }
}
