import type { Looked } from '../receive/receive.ts'

/** A tag with its picture may be larger; then it takes another look. */
const FIRST_LOOK_BYTES = 1 << 20
const LOOKS = 3
const NEXT_LOOK_FACTOR = 4
/** By then it can be told how long an upload will take; thought about again so often. */
const CONSIDER_EVERY_MS = 50
/** One that is whole so soon is looked into as a whole. */
const SOON_WHOLE_MS = 150
/** It is told so often that there is more. */
const STEPS = 16

/** These say at their beginning how long they are; of others the part that is there tells only its own length. */
const TELLS_LENGTH_FIRST = /\b(flac|wav|w64|aiff|mov|matroska)\b/
const MOST_MP3_BITS_A_SECOND = 320_000

/** Turns an upload into a song before its end, as soon as what is there of it can be looked into. */
export class EarlySong {
  readonly #expectedBytes: number | null
  readonly #look: (signal: AbortSignal) => Promise<Looked>
  readonly #add: (looked: Looked) => Promise<number | null>
  readonly #onMore: (songId: number) => void
  readonly #end = new AbortController()
  readonly #beganAt = performance.now()
  readonly #considering: NodeJS.Timeout
  #bytes = 0
  #looks = 0
  #nextAt = FIRST_LOOK_BYTES
  #looking: Promise<void> | null = null
  #song: { id: number; looked: Looked } | null = null
  #fault: { reason: unknown } | null = null

  /**
   * @param look into the file as far as it is there
   * @param add makes it a song; resolves to its id, or null where it cannot be one now
   * @param onMore told from time to time that more of the song is there
   */
  constructor({
    expectedBytes,
    look,
    add,
    onMore,
  }: {
    expectedBytes: number | null
    look(signal: AbortSignal): Promise<Looked>
    add(looked: Looked): Promise<number | null>
    onMore(songId: number): void
  }) {
    this.#expectedBytes = expectedBytes
    this.#look = look
    this.#add = add
    this.#onMore = onMore
    this.#considering = setInterval(() => this.#considerLooking(), CONSIDER_EVERY_MS)
  }

  /** So many bytes are on the disk. Throws why it could not be made a song: the rest of it need not come. */
  note(bytes: number): void {
    if (this.#fault) throw this.#fault.reason
    this.#bytes = bytes
    if (!this.#song || bytes < this.#nextAt) return
    this.#nextAt = this.#nextStep()
    this.#onMore(this.#song.id)
  }

  /** The upload has ended. Returns the song that it has become before; null where it has not. Rejects when it could not be made one. */
  async end(): Promise<{ id: number; looked: Looked } | null> {
    clearInterval(this.#considering)
    this.#end.abort()
    await this.#looking
    return this.#song
  }

  #considerLooking(): void {
    if (this.#looking || this.#looks === LOOKS || this.#bytes < this.#nextAt) return
    if (this.#expectedBytes !== null && this.waitMs(1) < SOON_WHOLE_MS) return
    this.#looks++
    this.#nextAt = NEXT_LOOK_FACTOR * this.#bytes
    this.#looking = this.#tryToAdd().then(() => {
      this.#looking = null
    })
    this.#looking.catch((reason: unknown) => {
      this.#fault = { reason }
    })
  }

  /** How long it takes, if it goes on as it has, until so much of it is there, a share from 0 to 1; 0 where that cannot be told. */
  waitMs(share: number): number {
    const missing = share * (this.#expectedBytes ?? 0) - this.#bytes
    return Math.max(0, missing) * this.#msPerByte()
  }

  /** The song that it has become; null before. */
  get songId(): number | null {
    return this.#song?.id ?? null
  }

  /**
   * Until when the rest is expected within so many milliseconds, if nothing more comes (`performance.now`). Null where it
   * is not, where nothing is missing, and where that cannot be told.
   */
  endsSoonUntilMs(withinMs: number): number | null {
    const missing = (this.#expectedBytes ?? 0) - this.#bytes
    if (missing <= 0) return null
    const untilMs = this.#beganAt + (withinMs * this.#bytes) / missing
    return untilMs > performance.now() ? untilMs : null
  }

  #nextStep(): number {
    return this.#expectedBytes === null ? 2 * this.#bytes : this.#bytes + this.#expectedBytes / STEPS
  }

  #msPerByte(): number {
    return (performance.now() - this.#beganAt) / Math.max(1, this.#bytes)
  }

  async #tryToAdd(): Promise<void> {
    const looked = await this.#look(this.#end.signal).catch(() => null) // it takes more of the file, or is none
    if (!looked || this.#end.signal.aborted) return
    const early = { ...looked, announcedSeconds: this.#lengthOf(looked) }
    const id = await this.#add(early)
    if (id === null) return
    this.#song = { id, looked: early }
    clearInterval(this.#considering)
    this.#nextAt = this.#nextStep()
  }

  #lengthOf({ container, announcedSeconds }: Looked): number | null {
    if (announcedSeconds === null || TELLS_LENGTH_FIRST.test(container)) return announcedSeconds
    if (container !== 'mp3' || this.#expectedBytes === null) return null
    const isOfAll = (8 * this.#expectedBytes) / announcedSeconds <= MOST_MP3_BITS_A_SECOND
    return isOfAll ? announcedSeconds : null
  }
}
