import { SAMPLE_RATE } from '../mixer.ts'
import type { SampleRange } from './columns.ts'

const FULL_SCALE = 32_768

/** One block of one stem, where its first sample is, and where its FLAC is fetched from: the address changes with the block. */
export type BlockSource = { startSample: number; url: string }

/**
 * The samples of some blocks, fetched as the player fetches them, so that they often come from the browser's cache. The blocks
 * that were wanted last stay.
 */
export class SampleBlocks {
  readonly #limit: number
  readonly #decode: (url: string, signal: AbortSignal) => Promise<Int16Array[]>
  /** By their addresses; those wanted last are at the end. */
  readonly #loaded = new Map<string, SampleRange>()
  #loading: { source: BlockSource; stop: AbortController } | null = null
  #wanted: readonly BlockSource[] = []

  /** @param limit how many blocks stay; more than are in a view */
  constructor(limit: number, decode = decodeBlock) {
    this.#limit = limit
    this.#decode = decode
  }

  of(source: BlockSource): SampleRange | undefined {
    return this.#loaded.get(source.url)
  }

  /** Loads blocks one after the other, the first first. Those that are no longer wanted are not loaded. */
  want(sources: readonly BlockSource[], onLoad: () => void): void {
    this.#wanted = sources
    for (const { url } of sources) this.#touch(url)
    if (this.#loading && !sources.some(({ url }) => url === this.#loading?.source.url)) this.#loading.stop.abort()
    if (!this.#loading) void this.#loadNext(onLoad)
  }

  async #loadNext(onLoad: () => void): Promise<void> {
    for (;;) {
      const source = this.#wanted.find(({ url }) => !this.#loaded.has(url))
      if (!source) return
      const stop = new AbortController()
      this.#loading = { source, stop }
      try {
        const channels = await this.#decode(source.url, stop.signal)
        this.#loaded.set(source.url, { start: source.startSample, channels })
        this.#dropOldest()
        onLoad()
      } catch {
        // Not wanted any more, or not to be had: its peaks are drawn until it is wanted again.
        this.#wanted = this.#wanted.filter((each) => each !== source)
      } finally {
        this.#loading = null
      }
    }
  }

  #touch(url: string): void {
    const block = this.#loaded.get(url)
    if (!block) return
    this.#loaded.delete(url)
    this.#loaded.set(url, block)
  }

  #dropOldest(): void {
    for (const url of this.#loaded.keys()) {
      if (this.#loaded.size <= this.#limit) return
      this.#loaded.delete(url)
    }
  }
}

async function decodeBlock(url: string, signal: AbortSignal): Promise<Int16Array[]> {
  const answer = await fetch(url, { signal })
  if (!answer.ok) throw new Error(`A block did not come (${answer.status}).`)
  const sound = await new OfflineAudioContext(2, 1, SAMPLE_RATE).decodeAudioData(await answer.arrayBuffer())
  return [sound.getChannelData(0), sound.getChannelData(1)].map((channel) =>
    Int16Array.from(channel, (value) => Math.round(value * FULL_SCALE)),
  )
}
