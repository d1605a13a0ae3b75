import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { decode } from '../src/audio/media.ts'
import { BYTES_PER_STEREO_SAMPLE } from '../src/song/pcm.ts'
import { countSegments, type Grid } from '../src/song/segment.ts'

/**
 * Processor seconds that the bundled network alone takes for a song. It runs once a segment, in as many parallel sessions as
 * the command line opens, because a single session, with caches and memory of its own, would be cheaper.
 */
export async function networkCpuSeconds(song: string, grid: Grid): Promise<number> {
  let bytes = 0
  for await (const chunk of decode({ path: song, maxSeconds: 36_000 }).pcm) bytes += chunk.length
  const segments = countSegments(grid, bytes / BYTES_PER_STEREO_SAMPLE)
  const threads = availableParallelism()
  const before = process.cpuUsage()
  const workers = Array.from({ length: threads }, (_, index) => {
    const share = Math.floor((segments + index) / threads)
    return new Worker(new URL('./network-thread.ts', import.meta.url), { workerData: share })
  })
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
