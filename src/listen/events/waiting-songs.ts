import { type Coalesced, coalesce } from '../../platform/coalesce.ts'

/** An estimate is told at most this often. */
const TELL_EVERY_MS = 2_000
/** The first songs of the queue are told, because a page shows no more of them at a time. */
const MAX_SONGS = 50
/** Of a queue of songs that have all begun, no more are looked at. */
const MAX_LOOKS = 500

type WaitingSongsOptions = {
  /** The seconds until songs begin, the first ones first. Songs that have begun may be among them. */
  beginEstimates(): ReadonlyMap<number, number>
  hasBegun(songId: number): boolean
  isHeard(): boolean
  tell(songId: number): void
}

/** Tells pages of songs that wait when the estimate of their beginning changes. No timer runs while no song waits or nobody listens. */
export class WaitingSongs {
  readonly #options: WaitingSongsOptions
  readonly #round: Coalesced
  /** The estimates that were told last. */
  #told = new Map<number, number>()
  #isClosed = false

  constructor(options: WaitingSongsOptions) {
    this.#options = options
    this.#round = coalesce(() => this.#tell(), TELL_EVERY_MS)
  }

  /** Must be called after a change that may bring songs nearer to their turn. */
  noteChange(): void {
    if (!this.#isClosed) this.#round.soon()
  }

  close(): void {
    this.#isClosed = true
    this.#round.cancel()
  }

  #tell(): void {
    const { beginEstimates, hasBegun, isHeard, tell } = this.#options
    if (!isHeard()) return
    const first = beginEstimates().entries().take(MAX_LOOKS)
    const waiting = new Map(first.filter(([songId]) => !hasBegun(songId)).take(MAX_SONGS))
    for (const [songId, seconds] of waiting) if (this.#told.get(songId) !== seconds) tell(songId)
    this.#told = waiting
    if (waiting.size > 0) this.noteChange()
  }
}
