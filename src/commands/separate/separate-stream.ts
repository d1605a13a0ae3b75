import { finishBlock, type StemPlan, tailsOf } from '../../assemble/overlap-add.ts'
import { PcmWindow } from '../../audio/pcm-window.ts'
import type { Separator } from '../../separate/separator.ts'
import {
  blockOf,
  countReadySegments,
  countSegments,
  type Grid,
  inputOf,
  type SongStatistics,
} from '../../song/segment.ts'

/** One final block: the decoded song and its stems, in the model's order. */
export type SeparatedBlock = { song: Int16Array; stems: Int16Array[] }

/**
 * Separates a song while it is being decoded. Each separator works on one segment at a time; blocks come out in order.
 * Memory: one segment for each separator, and the sound between the oldest unfinished block and the decoder.
 * @param pcm 16-bit stereo at 44,100 Hz; read no faster than the separators work
 */
export async function* separateStream({
  pcm,
  plan,
  grid,
  statistics,
  separators,
  signal,
}: {
  pcm: AsyncIterable<Buffer>
  plan: StemPlan
  grid: Grid
  /** The statistics of the whole song, for models that need them. */
  statistics: SongStatistics | null
  separators: readonly Separator[]
  signal: AbortSignal
}): AsyncGenerator<SeparatedBlock> {
  const window = new PcmWindow()
  const inProgress: Promise<Float32Array[]>[] = []
  let next = 0
  let finished = 0
  let tails: Float32Array[] | null = null

  function start(): void {
    const separator = separators[next % separators.length]
    if (!separator) throw new Error('There is no separator.')
    const partials = separator.separate({ input: window.read(inputOf(grid, next)), index: next, statistics })
    partials.catch(() => undefined) // it is awaited below, in order, and a fault must not count as unhandled until then
    inProgress.push(partials)
    next++
  }

  async function finishOldest(): Promise<SeparatedBlock> {
    signal.throwIfAborted()
    const own = await inProgress.shift()
    if (!own) throw new Error('No segment is in progress.')
    const span = blockOf(grid, finished, window.endSample)
    const song = window.read(span)
    const stems = finishBlock({ plan, song, tails, own })
    tails = tailsOf(grid, own)
    finished++
    const neededFrom = Math.min(finished * grid.strideSamples, inputOf(grid, next).startSample)
    window.dropBefore(neededFrom)
    return { song, stems }
  }

  for await (const bytes of pcm) {
    signal.throwIfAborted()
    window.append(bytes)
    while (next < countReadySegments(grid, window.endSample, false)) {
      start()
      if (inProgress.length > separators.length) yield await finishOldest()
    }
  }
  const total = countSegments(grid, window.endSample)
  while (finished < total) {
    while (next < total && inProgress.length <= separators.length) start()
    yield await finishOldest()
  }
}
