import type { Segment } from '../server/api.ts'
import { reasonOfStatus } from '../server/refusal.ts'
import { serverUrl } from '../server/server-url.ts'
import { type Block, type Lane, SAMPLE_RATE } from './mixer.ts'
import { toSixteenBitSteps } from './sixteen-bit-steps.ts'

/** The distance from the playhead at which blocks stay decoded: less than a minute of sound for a song of any length. */
const BEHIND_SAMPLES = 8 * SAMPLE_RATE
const AHEAD_SAMPLES = 40 * SAMPLE_RATE
const RETRY_MS = 1_000

/** @property stride samples of a block; the last one may be shorter */
export type BlockSong = { musicId: number; tracks: readonly number[]; stride: number }

/** Fetches and decodes the blocks around the playhead, the nearest first, and drops the others. */
export class BlockLoader {
  readonly #song: BlockSong
  readonly #context: BaseAudioContext
  readonly #onLoad: (block: Block) => void
  readonly #onDrop: (index: number) => void
  readonly #onFault: (reason: string) => void
  /** Blocks that are loaded or being fetched: index to the version that was asked for. */
  readonly #held = new Map<number, { version: number; stop: AbortController }>()
  readonly #retries = new Map<number, { at: number; isBroken: boolean }>()
  /** A busy server wants no request before this time. */
  #busyUntil = 0
  #isLoading = false

  constructor({
    song,
    context,
    onLoad,
    onDrop,
    onFault,
  }: {
    song: BlockSong
    context: BaseAudioContext
    onLoad(block: Block): void
    onDrop(index: number): void
    /** @param reason empty when a block has come after all */
    onFault(reason: string): void
  }) {
    this.#song = song
    this.#context = context
    this.#onLoad = onLoad
    this.#onDrop = onDrop
    this.#onFault = onFault
  }

  /** Call it whenever the position or the segments change. It costs little. */
  follow(position: number, segments: readonly Segment[], loopStart: number | null): void {
    const wanted = this.#wanted(position, loopStart)
    for (const [index, { stop }] of this.#held) {
      if (wanted.includes(index)) continue
      stop.abort()
      this.#held.delete(index)
      this.#onDrop(index)
    }
    for (const index of wanted) {
      if (this.#isLoading || this.#busyUntil > performance.now()) return
      const segment = segments.find((each) => each.index === index)
      if (segment?.state !== 'final' || this.#held.get(index)?.version === segment.version) continue
      if ((this.#retries.get(index)?.at ?? 0) > performance.now()) continue
      void this.#load(index, segment.version)
    }
  }

  close(): void {
    for (const { stop } of this.#held.values()) stop.abort()
    this.#held.clear()
  }

  /** The indexes of the blocks to hold, the most urgent first. */
  #wanted(position: number, loopStart: number | null): number[] {
    const { stride } = this.#song
    const now = Math.floor(position / stride)
    const ahead = Math.ceil(AHEAD_SAMPLES / stride)
    const behind = Math.ceil(BEHIND_SAMPLES / stride)
    const wanted = Array.from({ length: ahead + 1 }, (_, i) => now + i)
    // At the end of a loop there is no time to fetch its start. The loop may start just before the end of a block.
    if (loopStart !== null) wanted.push(Math.floor(loopStart / stride), Math.floor(loopStart / stride) + 1)
    wanted.push(...Array.from({ length: behind }, (_, i) => now - 1 - i))
    return wanted
  }

  async #load(index: number, version: number): Promise<void> {
    const stop = new AbortController()
    this.#held.set(index, { version, stop })
    this.#isLoading = true
    try {
      const lanes = await Promise.all(
        this.#song.tracks.map((track) => this.#loadLane({ track, index, version, signal: stop.signal })),
      )
      if (stop.signal.aborted) return
      this.#retries.delete(index)
      this.#onLoad({ index, lanes })
      this.#onFault('')
    } catch (error) {
      if (stop.signal.aborted) return
      stop.abort()
      this.#held.delete(index)
      const now = performance.now()
      if (error instanceof Refused && error.isBusy) this.#busyUntil = now + error.retryAfterMs
      this.#retries.set(index, { at: now + RETRY_MS, isBroken: !(error instanceof Refused) })
      this.#onFault(`A part of the song did not come (${reasonOf(error)}); trying again.`)
    } finally {
      this.#isLoading = false
    }
  }

  async #loadLane({
    track,
    index,
    version,
    signal,
  }: {
    track: number
    index: number
    version: number
    signal: AbortSignal
  }): Promise<Lane> {
    const url = serverUrl(`music/${this.#song.musicId}/stems/${track}/${index}?v=${version}`)
    // The browser's cache may hold the broken answer.
    const cache = this.#retries.get(index)?.isBroken ? 'reload' : 'default'
    const answer = await fetch(url, { signal, cache })
    if (!answer.ok) throw new Refused(answer)
    const sound = await this.#context.decodeAudioData(await answer.arrayBuffer())
    // Copies, because they move into the audio thread.
    const channel = (number: number) => toSixteenBitSteps(sound.getChannelData(number)).slice()
    return [channel(0), channel(1)]
  }
}

/** The server refused a block, or wants the request later. */
class Refused extends Error {
  readonly isBusy: boolean
  /** 0 if the answer does not say. */
  readonly retryAfterMs: number

  constructor({ status, headers }: Response) {
    super(reasonOfStatus(status))
    this.isBusy = status === 429
    this.retryAfterMs = 1_000 * (Number(headers.get('retry-after')) || 0)
  }
}

/** The reason, in words that are the same in every browser. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'the server cannot be reached'
  if (error instanceof DOMException) return 'its sound is broken'
  return error instanceof Error ? error.message : String(error)
}
