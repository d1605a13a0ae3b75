import { UserError } from '../song/errors.ts'
import type { Practice } from '../song/practice-settings.ts'
import type { MediaPool } from './media/media-pool.ts'
import { type MediaProcess, startMedia } from './media/media-process.ts'

/**
 * Changes key and tempo of 16-bit stereo in a media process, at the pace of the reader. The result is `samplesInTempo` samples
 * long. Ends the process when the reader stops, and when `signal` is aborted.
 * @param samples the length of `pcm`
 */
export async function* stretchSound({
  pcm,
  samples,
  practice,
  mediaPool,
  signal,
}: {
  pcm: AsyncIterable<Buffer>
  samples: number
  practice: Practice
  mediaPool?: MediaPool | undefined
  signal: AbortSignal
}): AsyncGenerator<Buffer> {
  const media = startMedia({ task: { kind: 'stretch', samples, ...practice }, mediaPool, signal })
  const { stdout } = media.child
  if (!stdout) throw new Error('The media process has no standard output.')
  const feeding = feed(media, pcm).catch((error: unknown) => {
    media.kill(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const bytes of stdout) yield bytes as Buffer
    await media.done
  } finally {
    media.kill(new UserError('The change of key and tempo was stopped.', { code: 'stopped' }))
    await feeding
  }
}

async function feed({ child: { stdin }, done }: MediaProcess, pcm: AsyncIterable<Buffer>): Promise<void> {
  if (!stdin) throw new Error('The media process has no standard input.')
  for await (const block of pcm) {
    if (stdin.write(block)) continue
    await Promise.race([new Promise<void>((resolve) => stdin.once('drain', resolve)), done])
  }
  stdin.end()
}
