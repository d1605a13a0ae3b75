import { type FileHandle, open } from 'node:fs/promises'

/** Bytes [start, start + length) of a file; null when the file is not there or has less. */
export async function readBlock(path: string, start: number, length: number): Promise<Buffer | null> {
  const file = await openExisting(path)
  if (!file) return null
  try {
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await file.read(bytes, 0, length, start)
    return bytesRead === length ? bytes : null
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
export async function openForBlocks(path: string): Promise<FileHandle> {
  const creating = await open(path, 'a')
  await creating.close()
  return open(path, 'r+')
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
