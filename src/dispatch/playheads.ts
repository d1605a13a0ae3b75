/** A listener that has not told its place for so long is gone. */
const FORGOTTEN_AFTER_MS = 30_000
/** A hostile page cannot fill the memory with listeners. */
const MOST_LISTENERS = 1_000

/** @property isDecoding whether a seek decode is on its way there */
export type Playhead = { songId: number; segment: number; isDecoding?: boolean }

type Span = { songId: number; from: number; to: number }

/** Where people listen, so that what they hear next is separated next. It is lost with the process: pages tell it again. */
export class Playheads {
  readonly #heard = new Map<string, Playhead & { at: number }>()
  readonly #decoding = new Set<Span>()

  note(listener: string, { songId, segment }: Playhead, now: number): void {
    this.#heard.delete(listener)
    this.#heard.set(listener, { songId, segment, at: now })
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > MOST_LISTENERS && oldest !== undefined) this.#heard.delete(oldest)
  }

  /** The segments [from, to) of a song are being decoded by a seek decode. @returns ends that */
  noteSeekDecode(span: Span): () => void {
    this.#decoding.add(span)
    return () => void this.#decoding.delete(span)
  }

  /** The listeners, the one that moved last first; then the places of seek decodes whose listener has not told its place yet. */
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
