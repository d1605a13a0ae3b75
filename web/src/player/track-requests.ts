import type { Music } from '../server/api.ts'

/**
 * Sends the server the tracks that the mix of a song keeps, one request at a time for each song. Of the changes during a
 * request, only the newest is sent, after the answer. Two requests at the same time could reach the server in the wrong order.
 */
export class TrackRequests {
  readonly #send: (musicId: number, tracks: readonly number[]) => Promise<void>
  /** The tracks that were sent last, by song. */
  readonly #sent = new Map<number, readonly number[]>()
  /** Songs with a request under way, and the tracks to send next. */
  readonly #next = new Map<number, readonly number[] | null>()

  constructor(send: (musicId: number, tracks: readonly number[]) => Promise<void>) {
    this.#send = send
  }

  /** @param known the tracks that the server keeps, as far as the page knows. The last request may be newer than that */
  async send(musicId: number, tracks: readonly number[], known: readonly number[] = []): Promise<void> {
    if (this.#next.has(musicId)) {
      this.#next.set(musicId, tracks)
      return
    }
    const sent = this.#sent.get(musicId) ?? tracks
    if (tracks.join() === known.join() && tracks.join() === sent.join()) return
    for (let wanted: readonly number[] | null = tracks; wanted; ) wanted = await this.#sendOne(musicId, wanted)
  }

  /** Asks for all tracks of a song that is not separated yet. */
  async sendAll({ music_id, tracks }: Pick<Music, 'music_id' | 'tracks'>): Promise<void> {
    const all = tracks.map(({ track_id }) => track_id)
    await this.send(music_id, all)
  }

  /** Returns the tracks to send next. A failure counts only if nothing is to be sent next. */
  async #sendOne(musicId: number, tracks: readonly number[]): Promise<readonly number[] | null> {
    this.#next.set(musicId, null)
    this.#sent.set(musicId, tracks)
    try {
      await this.#send(musicId, tracks)
    } catch (error) {
      this.#sent.delete(musicId)
      if (!this.#next.get(musicId)) {
        this.#next.delete(musicId)
        throw error
      }
    }
    const next = this.#next.get(musicId) ?? null
    if (!next) this.#next.delete(musicId)
    return next
  }
}
