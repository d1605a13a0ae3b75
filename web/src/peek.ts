import pLimit from 'p-limit'

/** What a file says of itself, before the server has it; the server looks for itself and has the last word. */
export type Peek = { title: string; artist: string; seconds: number | null; cover: Blob | null }

const GIVE_UP_AFTER_MS = 10_000
const inTurn = pLimit(1)

/**
 * Looks into a file; null where nothing is understood. What reads it (60 kB, fetched when it is first needed) is in a worker
 * that lives for one file, since files are anybody's: one that keeps it busy for ever holds up nothing.
 */
export function peekInto(file: File): Promise<Peek | null> {
  return inTurn(() => {
    const { promise, resolve } = Promise.withResolvers<Peek | null>()
    const worker = new Worker(new URL('./peek-worker.ts', import.meta.url), { type: 'module' })
    const timer = setTimeout(() => resolve(null), GIVE_UP_AFTER_MS)
    worker.onmessage = ({ data }: MessageEvent<Peek | null>) => resolve(data)
    worker.onerror = () => resolve(null)
    worker.postMessage(file)
    return promise.finally(() => {
      clearTimeout(timer)
      worker.terminate()
    })
  })
}
