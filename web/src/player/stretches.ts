import type { Segment } from '../api.ts'
import { reasonOfStatus } from '../refusal.ts'
import { serverUrl } from '../server-url.ts'
import type { Block, Lane } from './mixer.ts'
import { toSixteenBitSteps } from './samples.ts'

/** What is kept decoded around the playhead: less than a minute of sound, however long the song. */
const BEHIND_SAMPLES = 8 * 44_100
const AHEAD_SAMPLES = 40 * 44_100
const RETRY_MS = 1_000

export type StretchSong = { musicId: number; tracks: readonly number[]; stride: number }

/** Fetches and decodes the stretches around a position, the nearest first, and lets go of the others. */
export class Stretches {
  readonly #song: StretchSong
  readonly #context: BaseAudioContext
  readonly #onLoad: (block: Block) => void
  readonly #onDrop: (index: number) => void
  readonly #onFault: (reason: string) => void
  /** Loaded or being fetched: index to the version that was asked for. */
  readonly #held = new Map<number, { version: number; stop: AbortController }>()
  readonly #retries = new Map<number, { at: number; isBroken: boolean }>()
  /** The server has said when it may be asked for more. */
  #busyUntil = 0
  #isLoading = false

  constructor({
    song,
    context,
    onLoad,
    onDrop,
    onFault,
  }: {
    song: StretchSong
    context: BaseAudioContext
    onLoad(block: Block): void
    onDrop(index: number): void
    /** Empty when all is well again. */
    onFault(reason: string): void
  }) {
    this.#song = song
    this.#context = context
    this.#onLoad = onLoad
    this.#onDrop = onDrop
    this.#onFault = onFault
  }

  /** To be called whenever the position or the segments have changed; cheap. */
  follow(position: number, segments: readonly Segment[], loopStart: number | null): void {
    const { stride } = this.#song
    const now = Math.floor(position / stride)
    const ahead = Math.ceil(AHEAD_SAMPLES / stride)
    const behind = Math.ceil(BEHIND_SAMPLES / stride)
    const wanted = Array.from({ length: ahead + 1 }, (_, i) => now + i)
    // Where a loop comes round there is no time to fetch, even just before a border.
    if (loopStart !== null) wanted.push(Math.floor(loopStart / stride), Math.floor(loopStart / stride) + 1)
    wanted.push(...Array.from({ length: behind }, (_, i) => now - 1 - i))
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

  async #load(index: number, version: number): Promise<void> {
    const stop = new AbortController()
    this.#held.set(index, { version, stop })
    this.#isLoading = true
    try {
      const lanes = await Promise.all(
        this.#song.tracks.map(async (track) => {
          const url = serverUrl(`music/${this.#song.musicId}/stems/${track}/${index}?v=${version}`)
          // What came broken may lie in the browser's cache.
          const cache = this.#retries.get(index)?.isBroken ? 'reload' : 'default'
          const answer = await fetch(url, { signal: stop.signal, cache })
          if (!answer.ok) throw new Refused(answer)
          const sound = await this.#context.decodeAudioData(await answer.arrayBuffer())
          // Copies: they move into the audio thread.
          return [0, 1].map((channel) => toSixteenBitSteps(sound.getChannelData(channel)).slice()) as unknown as Lane
        }),
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
}

/** The server said no, or not yet. */
class Refused extends Error {
  readonly isBusy: boolean
  /** 0 where it does not say when to ask again. */
  readonly retryAfterMs: number

  constructor({ status, headers }: Response) {
    super(reasonOfStatus(status))
    this.isBusy = status === 429
    this.retryAfterMs = 1_000 * (Number(headers.get('retry-after')) || 0)
  }
}

/** In words that are the same in every browser. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'the server cannot be reached'
  if (error instanceof DOMException) return 'its sound is broken'
  return error instanceof Error ? error.message : String(error)
}
