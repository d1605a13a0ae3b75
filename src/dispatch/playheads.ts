/** A listener that has not said for so long where it is, is gone. */
const FORGOTTEN_AFTER_MS = 30_000
/** A strange page cannot make us remember more listeners than this. */
const MOST_LISTENERS = 1_000

/** @property isDecoding whether a decoder is on its way there, ahead of the song's own */
export type Playhead = { songId: number; segment: number; isDecoding?: boolean }

type Span = { songId: number; from: number; to: number }

/** Where people listen, so that what they hear next is separated next. Lost with the process: they tell it again. */
export class Playheads {
  readonly #heard = new Map<string, Playhead & { at: number }>()
  readonly #decoding = new Set<Span>()

  note(listener: string, { songId, segment }: Playhead, now: number): void {
    this.#heard.delete(listener)
    this.#heard.set(listener, { songId, segment, at: now })
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > MOST_LISTENERS && oldest !== undefined) this.#heard.delete(oldest)
  }

  /** The segments [from, to) of a song are being decoded, until what is returned is called. */
  noteDecoding(span: Span): () => void {
    this.#decoding.add(span)
    return () => void this.#decoding.delete(span)
  }

  /** Those who are there, the one that moved last first; and those for whom a song is decoded that have not said yet. */
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
