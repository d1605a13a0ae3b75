import pLimit from 'p-limit'

/** The tags of a file. The page shows them until the server has read the file. */
export type FileTags = { title: string; artist: string; seconds: number | null; cover: Blob | null }

const GIVE_UP_AFTER_MS = 10_000
const oneAtATime = pLimit(1)

/**
 * Reads the tags of a file; null if they cannot be read. The reader (60 kB, fetched with the first file) runs in a worker of
 * its own for each file, so that a malicious file can stall nothing else.
 */
export function readTags(file: File): Promise<FileTags | null> {
  return oneAtATime(() => {
    const { promise, resolve } = Promise.withResolvers<FileTags | null>()
    const worker = new Worker(new URL('./file-tags-worker.ts', import.meta.url), { type: 'module' })
    const timer = setTimeout(() => resolve(null), GIVE_UP_AFTER_MS)
    worker.onmessage = ({ data }: MessageEvent<FileTags | null>) => resolve(data)
    worker.onerror = () => resolve(null)
    worker.postMessage(file)
    return promise.finally(() => {
      clearTimeout(timer)
      worker.terminate()
    })
  })
}
