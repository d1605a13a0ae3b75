import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { LoadedLyrics } from '../server/lyrics.ts'

export type SongLyricsNeeds = {
  load(musicId: number): Promise<LoadedLyrics>
  /** Called when words cannot be loaded. */
  onFailure(error: unknown): void
}

type News = { music_id: number; revision: number; work: LoadedLyrics['work'] }

/** The words of songs on this page, kept as the server has them. They are loaded when a song is shown. */
export class SongLyrics {
  readonly #needs: SongLyricsNeeds
  readonly #songs = new Map<number, Signal<LoadedLyrics | null>>()
  readonly #loading = new Set<number>()

  constructor(needs: SongLyricsNeeds) {
    this.#needs = needs
  }

  /** Null until they are loaded. */
  of(musicId: number): ReadonlySignal<LoadedLyrics | null> {
    return this.#signalOf(musicId)
  }

  /** Loads the words of a song, once. */
  async load(musicId: number): Promise<void> {
    if (this.#signalOf(musicId).peek() === null) await this.reload(musicId)
  }

  async reload(musicId: number): Promise<void> {
    if (this.#loading.has(musicId)) return
    this.#loading.add(musicId)
    try {
      this.show(musicId, await this.#needs.load(musicId))
    } catch (error) {
      this.#needs.onFailure(error)
    } finally {
      this.#loading.delete(musicId)
    }
  }

  /** Shows what the server has answered to a change. */
  show(musicId: number, loaded: LoadedLyrics): void {
    const known = this.#signalOf(musicId)
    if ((known.peek()?.revision ?? 0) <= loaded.revision) known.value = loaded
  }

  /** Follows what the server tells: new words are loaded, news of the work is shown at once. */
  follow({ music_id, revision, work }: News): void {
    const known = this.#songs.get(music_id)
    const loaded = known?.peek()
    if (!known || !loaded) return
    if (loaded.revision < revision) void this.reload(music_id)
    known.value = { ...loaded, work }
  }

  #signalOf(musicId: number): Signal<LoadedLyrics | null> {
    const known = this.#songs.get(musicId) ?? signal(null)
    this.#songs.set(musicId, known)
    return known
  }
}
