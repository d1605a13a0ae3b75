import { open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/**
 * Streams what somebody sends into a new file, each chunk checked first. When the check refuses it, the disk is full or
 * the sender is gone, no file is left; what still comes is read and dropped, so that the sender gets to hear the answer.
 * @param check throws to refuse; told the bytes so far, the chunk included
 * @returns how many bytes there are
 */
export async function saveStream({
  body,
  path,
  check,
}: {
  body: Readable
  path: string
  check(chunk: Buffer, bytesSoFar: number): void
}): Promise<number> {
  const file = await open(path, 'wx')
  let bytes = 0
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length
      check(chunk as Buffer, bytes)
      await file.writeFile(chunk as Buffer)
    }
    await file.close()
    return bytes
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(path, { force: true })
    body.resume()
    throw error
  }
}
