import type { ProbedSong } from './probe-song.ts'

/** A tag with a picture may be longer. Then another look is needed. */
const FIRST_LOOK_BYTES = 1 << 20
const MAX_LOOKS = 3
const NEXT_LOOK_FACTOR = 4
/** How often to check whether to look into the file. After the first interval the speed of the upload is known. */
const CHECK_EVERY_MS = 50
/** A file that will be complete within this time is looked into when it is complete. */
const COMPLETE_SOON_MS = 150
/** How many times `onMore` reports progress during an upload. */
const PROGRESS_STEPS = 16

/**
 * These containers state the song's length at the beginning of the file. A partial file of another container has only its
 * own length.
 */
const STATES_LENGTH_FIRST = /\b(flac|wav|w64|aiff|mov|matroska)\b/
const MAX_MP3_BITS_PER_SECOND = 320_000

type Waiter = { share: number; resolve(): void }

/** Makes an upload a song before its last byte, as soon as the received part can be looked into. */
export class ProgressiveUpload {
  readonly #expectedBytes: number | null
  readonly #look: (signal: AbortSignal) => Promise<ProbedSong>
  readonly #add: (found: ProbedSong) => Promise<number | null>
  readonly #onMore: (songId: number) => void
  readonly #ended = new AbortController()
  readonly #beganAt = performance.now()
  readonly #lookTimer: NodeJS.Timeout
  readonly #waiters = new Set<Waiter>()
  #bytes = 0
  #looks = 0
  #nextAtBytes = FIRST_LOOK_BYTES
  #looking: Promise<void> | null = null
  #song: { id: number; found: ProbedSong } | null = null
  #fault: { reason: unknown } | null = null

  /**
   * @param expectedBytes the length of the upload, if its sender states it
   * @param look looks into the received part of the file
   * @param add adds the song; resolves to its id, or to null if it cannot be added now
   * @param onMore called from time to time when more of the file has arrived
   */
  constructor({
    expectedBytes,
    look,
    add,
    onMore,
  }: {
    expectedBytes: number | null
    look(signal: AbortSignal): Promise<ProbedSong>
    add(found: ProbedSong): Promise<number | null>
    onMore(songId: number): void
  }) {
    this.#expectedBytes = expectedBytes
    this.#look = look
    this.#add = add
    this.#onMore = onMore
    this.#lookTimer = setInterval(() => this.#lookIfReady(), CHECK_EVERY_MS)
  }

  /** Reports how many bytes are on the disk. Throws if the file cannot become a song, so that the upload is aborted. */
  received(bytes: number): void {
    if (this.#fault) throw this.#fault.reason
    this.#bytes = bytes
    for (const waiter of this.#waiters) if (this.#hasArrived(waiter.share)) this.#release(waiter)
    if (!this.#song || bytes < this.#nextAtBytes) return
    this.#nextAtBytes = this.#nextProgressBytes()
    this.#onMore(this.#song.id)
  }

  /**
   * Reports that the upload has ended.
   * @returns the song that it has become; null if it has not. Rejects if the file cannot become a song.
   */
  async end(): Promise<{ id: number; found: ProbedSong } | null> {
    clearInterval(this.#lookTimer)
    this.#ended.abort()
    for (const waiter of this.#waiters) this.#release(waiter)
    await this.#looking
    return this.#song
  }

  /** Milliseconds until a share (0 to 1) of the file has arrived, at the speed so far. 0 if the length is unknown. */
  msUntil(share: number): number {
    const missing = share * (this.#expectedBytes ?? 0) - this.#bytes
    return Math.max(0, missing) * this.#msPerByte()
  }

  /** The song that the upload has become. Null before. */
  get songId(): number | null {
    return this.#song?.id ?? null
  }

  /**
   * If no more bytes come, the time by `performance.now` until which the rest is expected within `withinMs`. Null if it is not
   * expected so soon, if nothing is missing, or if the size is unknown.
   */
  endsSoonUntilMs(withinMs: number): number | null {
    const missing = (this.#expectedBytes ?? 0) - this.#bytes
    if (missing <= 0) return null
    const untilMs = this.#beganAt + (withinMs * this.#bytes) / missing
    return untilMs > performance.now() ? untilMs : null
  }

  /** Resolves when a share (0 to 1) of the file has arrived, the upload has ended, or `signal` is aborted. */
  whenArrived(share: number, signal: AbortSignal): Promise<void> {
    if (this.#hasArrived(share) || this.#ended.signal.aborted || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = (): void => this.#release(waiter)
      const waiter: Waiter = {
        share,
        resolve() {
          signal.removeEventListener('abort', stop)
          resolve()
        },
      }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', stop, { once: true })
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
    // The look fails if it needs more of the file, or if the file is not a song. The look at the complete file decides.
    const looked = await this.#look(this.#ended.signal).catch(() => null)
    if (!looked || this.#ended.signal.aborted) return
    const found = { ...looked, announcedSeconds: this.#knownLengthOf(looked) }
    const id = await this.#add(found)
    if (id === null) return
    this.#song = { id, found }
    clearInterval(this.#lookTimer)
    this.#nextAtBytes = this.#nextProgressBytes()
  }

  #knownLengthOf({ container, announcedSeconds }: ProbedSong): number | null {
    if (announcedSeconds === null || STATES_LENGTH_FIRST.test(container)) return announcedSeconds
    if (container !== 'mp3' || this.#expectedBytes === null) return null
    const isPlausible = (8 * this.#expectedBytes) / announcedSeconds <= MAX_MP3_BITS_PER_SECOND
    return isPlausible ? announcedSeconds : null
  }
}
