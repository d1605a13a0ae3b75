import { fileURLToPath } from 'node:url'
import { separateStream } from '../../src/commands/separate/separate-stream.ts'
import { type InstalledModel, InstalledModels } from '../../src/models/installed-models.ts'
import { openSeparator } from '../../src/separate/open-separator.ts'
import type { Separator } from '../../src/separate/separator.ts'
import { bytesOf } from '../../src/song/pcm.ts'
import type { SongStatistics } from '../../src/song/segment.ts'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))
const BLOCK_BYTES = 40_000

export type Engine = { model: InstalledModel; separator: Separator }

export async function openEngine(name = 'spleeter-2stems'): Promise<Engine> {
  const model = await bundledModel(name)
  return { model, separator: (await openSeparator({ model, threads: 2, provider: 'cpu', graphsFolder: '' })).separator }
}

/** One of the models that come with Minus One. */
export async function bundledModel(name: string): Promise<InstalledModel> {
  return (await InstalledModels.open([MODELS])).find(name)
}

/** Separates a whole song in this thread. Returns its stems in the order of the model. */
export async function separateWhole(
  { model, separator }: Engine,
  song: Int16Array,
  statistics: SongStatistics | null = null,
): Promise<Int16Array[]> {
  const bytes = bytesOf(song)
  async function* pcm(): AsyncGenerator<Buffer> {
    for (let start = 0; start < bytes.length; start += BLOCK_BYTES) yield bytes.subarray(start, start + BLOCK_BYTES)
  }
  const { signal } = new AbortController()
  const stems = model.stems.map(() => new Int16Array(song.length))
  let position = 0
  for await (const block of separateStream({
    pcm: pcm(),
    plan: model,
    grid: model.grid,
    statistics,
    separators: [separator],
    signal,
  })) {
    for (const [index, stem] of block.stems.entries()) stems[index]?.set(stem, position)
    position += block.song.length
  }
  return stems
}
