import { finishBlock, type StemPlan, tailsOf } from '../../assemble/overlap-add.ts'
import { PcmWindow } from '../../audio/pcm-window.ts'
import type { Separator } from '../../separate/separator.ts'
import { blockOf, countReadySegments, countSegments, type Grid, inputOf, type SongLevel } from '../../song/segment.ts'

/** One final block: what was decoded and, in the model's order, its stems. */
export type SeparatedBlock = { song: Int16Array; stems: Int16Array[] }

/**
 * Separates a song while it is being decoded. Every separator works on one segment at a time; blocks come out in
 * order. Memory: one segment a separator and the sound between the oldest unfinished block and the decoder.
 * @param pcm 16-bit stereo at 44,100 Hz; read no faster than the separators work
 */
export async function* separateStream({
  pcm,
  plan,
  grid,
  level,
  separators,
  signal,
}: {
  pcm: AsyncIterable<Buffer>
  plan: StemPlan
  grid: Grid
  /** Of the whole song, for models that need it. */
  level: SongLevel | null
  separators: readonly Separator[]
  signal: AbortSignal
}): AsyncGenerator<SeparatedBlock> {
  const window = new PcmWindow()
  const inWork: Promise<Float32Array[]>[] = []
  let next = 0
  let finished = 0
  let tails: Float32Array[] | null = null

  function start(): void {
    const separator = separators[next % separators.length]
    if (!separator) throw new Error('Nobody is there to separate.')
    const partials = separator.separate({ input: window.read(inputOf(grid, next)), index: next, level })
    partials.catch(() => undefined) // awaited below, in order; a fault of a later one must not go unhandled until then
    inWork.push(partials)
    next++
  }

  async function finishOldest(): Promise<SeparatedBlock> {
    signal.throwIfAborted()
    const own = await inWork.shift()
    if (!own) throw new Error('No segment is in work.')
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
      if (inWork.length > separators.length) yield await finishOldest()
    }
  }
  const total = countSegments(grid, window.endSample)
  while (finished < total) {
    while (next < total && inWork.length <= separators.length) start()
    yield await finishOldest()
  }
}
