import type { LookedInto } from './look-into.ts'

/** A tag with its picture may be larger; then another look is needed. */
const FIRST_LOOK_BYTES = 1 << 20
const MAX_LOOKS = 3
const NEXT_LOOK_FACTOR = 4
/** After so long the speed of an upload is known; whether to look is considered again so often. */
const CHECK_EVERY_MS = 50
/** A file that is whole so soon is looked into as a whole. */
const COMPLETE_SOON_MS = 150
/** Whoever waits for more of the file is told so often. */
const PROGRESS_STEPS = 16

/** These containers state their length at the beginning. What is there of other files tells only its own length. */
const STATES_LENGTH_FIRST = /\b(flac|wav|w64|aiff|mov|matroska)\b/
const MAX_MP3_BITS_PER_SECOND = 320_000

type Waiter = { share: number; resolve(): void }

/** Makes a song of an upload before its end, as soon as the part that is there can be looked into. */
export class ProgressiveUpload {
  readonly #expectedBytes: number | null
  readonly #look: (signal: AbortSignal) => Promise<LookedInto>
  readonly #add: (found: LookedInto) => Promise<number | null>
  readonly #onMore: (songId: number) => void
  readonly #ended = new AbortController()
  readonly #beganAt = performance.now()
  readonly #lookTimer: NodeJS.Timeout
  readonly #waiters = new Set<Waiter>()
  #bytes = 0
  #looks = 0
  #nextAtBytes = FIRST_LOOK_BYTES
  #looking: Promise<void> | null = null
  #song: { id: number; found: LookedInto } | null = null
  #fault: { reason: unknown } | null = null

  /**
   * @param expectedBytes the length of the upload, where its sender states it
   * @param look looks into the part of the file that is there
   * @param add makes it a song; resolves to its id, or to null where it cannot be one now
   * @param onMore is told from time to time that more of the song is there
   */
  constructor({
    expectedBytes,
    look,
    add,
    onMore,
  }: {
    expectedBytes: number | null
    look(signal: AbortSignal): Promise<LookedInto>
    add(found: LookedInto): Promise<number | null>
    onMore(songId: number): void
  }) {
    this.#expectedBytes = expectedBytes
    this.#look = look
    this.#add = add
    this.#onMore = onMore
    this.#lookTimer = setInterval(() => this.#lookIfReady(), CHECK_EVERY_MS)
  }

  /** So many bytes are on the disk. Throws why the file cannot be a song: then the rest need not come. */
  received(bytes: number): void {
    if (this.#fault) throw this.#fault.reason
    this.#bytes = bytes
    for (const waiter of this.#waiters) if (this.#hasArrived(waiter.share)) this.#release(waiter)
    if (!this.#song || bytes < this.#nextAtBytes) return
    this.#nextAtBytes = this.#nextProgressBytes()
    this.#onMore(this.#song.id)
  }

  /**
   * The upload has ended.
   * @returns the song that it has become before; null where it has not. Rejects when it cannot be one.
   */
  async end(): Promise<{ id: number; found: LookedInto } | null> {
    clearInterval(this.#lookTimer)
    this.#ended.abort()
    for (const waiter of this.#waiters) this.#release(waiter)
    await this.#looking
    return this.#song
  }

  /** Milliseconds until a share (0 to 1) of the file is there if the upload goes on as it has; 0 where that cannot be told. */
  msUntil(share: number): number {
    const missing = share * (this.#expectedBytes ?? 0) - this.#bytes
    return Math.max(0, missing) * this.#msPerByte()
  }

  /** Resolves once a share (0 to 1) of the file is there, or the upload has ended, or whoever waits has given up. */
  whenArrived(share: number, signal: AbortSignal): Promise<void> {
    if (this.#hasArrived(share) || this.#ended.signal.aborted || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const waiter: Waiter = { share, resolve }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', () => this.#release(waiter), { once: true })
    })
  }

  #hasArrived(share: number): boolean {
    return this.#bytes >= share * (this.#expectedBytes ?? 0)
  }

  #release(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    waiter.resolve()
  }

  #lookIfReady(): void {
    if (this.#looking || this.#looks === MAX_LOOKS || this.#bytes < this.#nextAtBytes) return
    if (this.#expectedBytes !== null && this.msUntil(1) < COMPLETE_SOON_MS) return
    this.#looks++
    this.#nextAtBytes = NEXT_LOOK_FACTOR * this.#bytes
    this.#looking = this.#tryToAdd().then(() => {
      this.#looking = null
    })
    this.#looking.catch((reason: unknown) => {
      this.#fault = { reason }
    })
  }

  #nextProgressBytes(): number {
    return this.#expectedBytes === null ? 2 * this.#bytes : this.#bytes + this.#expectedBytes / PROGRESS_STEPS
  }

  #msPerByte(): number {
    return (performance.now() - this.#beganAt) / Math.max(1, this.#bytes)
  }

  async #tryToAdd(): Promise<void> {
    // It fails where more of the file is needed, or where the file is no song: the look at the whole file tells.
    const looked = await this.#look(this.#ended.signal).catch(() => null)
    if (!looked || this.#ended.signal.aborted) return
    const found = { ...looked, announcedSeconds: this.#lengthOf(looked) }
    const id = await this.#add(found)
    if (id === null) return
    this.#song = { id, found }
    clearInterval(this.#lookTimer)
    this.#nextAtBytes = this.#nextProgressBytes()
  }

  #lengthOf({ container, announcedSeconds }: LookedInto): number | null {
    if (announcedSeconds === null || STATES_LENGTH_FIRST.test(container)) return announcedSeconds
    if (container !== 'mp3' || this.#expectedBytes === null) return null
    const isOfWholeFile = (8 * this.#expectedBytes) / announcedSeconds <= MAX_MP3_BITS_PER_SECOND
    return isOfWholeFile ? announcedSeconds : null
  }
}
