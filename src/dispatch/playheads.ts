/** A listener counts as gone after this time without news of its playhead. */
const FORGOTTEN_AFTER_MS = 30_000
/** Limits the memory that a hostile page can fill with listeners. */
const MAX_LISTENERS = 1_000

/** A listener's song and segment. @property isDecoding whether a seek decode covers this segment */
export type Playhead = { songId: number; segment: number; isDecoding?: boolean }

type Span = { songId: number; from: number; to: number }

/** The playheads of all listeners. They are kept in memory only, because pages report them again after a restart. */
export class Playheads {
  readonly #heard = new Map<string, Playhead & { at: number }>()
  readonly #decoding = new Set<Span>()

  note(listener: string, { songId, segment }: Playhead, now: number): void {
    this.#heard.delete(listener)
    this.#heard.set(listener, { songId, segment, at: now })
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > MAX_LISTENERS && oldest !== undefined) this.#heard.delete(oldest)
  }

  /** Notes that a seek decode covers the segments [from, to) of a song. @returns a function that notes its end */
  noteSeekDecode(span: Span): () => void {
    this.#decoding.add(span)
    return () => void this.#decoding.delete(span)
  }

  /**
   * The playheads, the one that moved last first. A seek decode of a song without a known listener counts as a playhead too: its
   * listener is about to report one.
   */
  list(now: number): Playhead[] {
    for (const [listener, { at }] of this.#heard) if (now - at > FORGOTTEN_AFTER_MS) this.#heard.delete(listener)
    const spans = [...this.#decoding]
    const heard = [...this.#heard.values()].reverse().map(({ songId, segment }) => {
      const isDecoding = spans.some((span) => span.songId === songId && segment >= span.from && segment < span.to)
      return { songId, segment, isDecoding }
    })
    const expected = spans.filter(({ songId }) => !heard.some((playhead) => playhead.songId === songId))
    return [...heard, ...expected.map(({ songId, from }) => ({ songId, segment: from, isDecoding: true }))]
  }
}
