import { constants, type FileHandle, open } from 'node:fs/promises'

/** Bytes [start, start + length) of a file; null when the file is not there or has less. */
export async function readBlock(path: string, start: number, length: number): Promise<Buffer | null> {
  const blocks = await readBlocks(path, [start], length)
  return blocks && (blocks[0] ?? null)
}

/** The same of several places in it, each of this length. */
export async function readBlocks(path: string, starts: readonly number[], length: number): Promise<Buffer[] | null> {
  const file = await openExisting(path)
  if (!file) return null
  try {
    const blocks: Buffer[] = []
    for (const start of starts) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await file.read(bytes, 0, length, start)
      if (bytesRead !== length) return null
      blocks.push(bytes)
    }
    return blocks
  } finally {
    await file.close()
  }
}

/** All bytes of a file; null when it is not there. */
export async function readExisting(path: string): Promise<Buffer | null> {
  const file = await openExisting(path)
  if (!file) return null
  try {
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Opens a file for writing anywhere in it, made when it is not there; what is in it stays. */
export function openForBlocks(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT)
}

/** Writes all of the bytes at a position, in as many calls as the system wants. */
export async function writeBlock(file: FileHandle, start: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, start + done)).bytesWritten
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The same in a file that is opened for it, made when it is not there. */
export async function writeAt(path: string, start: number, bytes: Buffer): Promise<void> {
  const file = await openForBlocks(path)
  try {
    await writeBlock(file, start, bytes)
  } finally {
    await file.close()
  }
}
