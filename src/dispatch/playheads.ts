import type { SegmentRange } from '../song/segment-range.ts'

/** A listener counts as gone after this time without news of its playhead. */
const FORGOTTEN_AFTER_MS = 30_000
/** Limits the memory that a hostile page can fill with listeners. */
const MAX_LISTENERS = 1_000

/** A listener's song and segment. @property isDecoding whether a seek decode covers this segment */
export type Playhead = { songId: number; segment: number; isDecoding?: boolean }

type DecodingRange = SegmentRange & { songId: number }

/** The playheads of all listeners. They are kept in memory only, because pages report them again after a restart. */
export class Playheads {
  readonly #heard = new Map<string, Playhead & { at: number }>()
  readonly #decoding = new Set<DecodingRange>()

  /** Replaces the playhead of a listener, who thereby moved last. */
  place(listener: string, { songId, segment }: Playhead, now: number): void {
    this.#heard.delete(listener)
    this.#heard.set(listener, { songId, segment, at: now })
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > MAX_LISTENERS && oldest !== undefined) this.#heard.delete(oldest)
  }

  /** Counts a seek decode as running. @returns a function to call at its end */
  beginSeekDecode(range: DecodingRange): () => void {
    this.#decoding.add(range)
    return () => void this.#decoding.delete(range)
  }

  /**
   * The playheads, the one that moved last first. A seek decode of a song without a known listener counts as a playhead too: its
   * listener is about to report one.
   */
  list(now: number): Playhead[] {
    for (const [listener, { at }] of this.#heard) if (now - at > FORGOTTEN_AFTER_MS) this.#heard.delete(listener)
    const ranges = [...this.#decoding]
    const heard = [...this.#heard.values()].reverse().map(({ songId, segment }) => {
      const isDecoding = ranges.some((range) => range.songId === songId && segment >= range.from && segment < range.to)
      return { songId, segment, isDecoding }
    })
    const expected = ranges.filter(({ songId }) => !heard.some((playhead) => playhead.songId === songId))
    return [...heard, ...expected.map(({ songId, from }) => ({ songId, segment: from, isDecoding: true }))]
  }
}
