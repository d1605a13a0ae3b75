import { effect, signal } from '@preact/signals'
import pLimit from 'p-limit'
import { showFailure } from '../notice.ts'
import { type Music, uploadSong } from '../server/api.ts'
import { Busy, Refusal } from '../server/refusal.ts'
import { songs } from '../server/songs.ts'
import { readTags } from './file-tags.ts'
import { model } from './upload-options.tsx'
import type { Upload } from './upload-row.tsx'

/** A browser opens six connections to a host, and the player needs some of them. */
const UPLOADS_AT_ONCE = 2
/** The server takes no larger batch. */
const MAX_BATCH = 1_000
/** An upload that ends before this time needs no title and cover. */
const READ_TAGS_AFTER_MS = 1_500

export type UploadNeeds = {
  /** Is called while the first bytes of a file are on their way. */
  prepareToPlay(): void
  /** Asks for the tracks of a new song and plays it. */
  separateAndPlay(musicId: number, tracks: readonly number[]): Promise<void>
  /** The stems to leave out, of those that a song has. */
  stemsToLeaveOut(stems: readonly string[]): readonly string[]
}

/** Is called once with each song of an addition, as soon as the server knows it. */
export type OnAdded = (musicId: number) => void

const UNSENT = { tags: null, state: 'queued', share: 0, bytesPerSecond: 0, error: '', isFileRefused: false } as const

/** Sends files to the server, two at a time. */
export class Uploads {
  /** The files on their way, and those that failed. */
  readonly list = signal<readonly Upload[]>([])
  readonly #needs: UploadNeeds
  readonly #limit = pLimit(UPLOADS_AT_ONCE)
  #lastId = 0

  constructor(needs: UploadNeeds) {
    this.#needs = needs
  }

  /** Their songs are listed in the order of the files, in whatever order the uploads end. */
  sendAll(files: Iterable<File>, onAdded: OnAdded = () => undefined): void {
    const all = [...files]
    for (let first = 0; first < all.length; first += MAX_BATCH) {
      const together = all.slice(first, first + MAX_BATCH)
      const batch = randomName()
      for (const [index, file] of together.entries()) {
        const place = { batch, place: index + 1, of: together.length }
        void this.#send({ id: ++this.#lastId, file, place, onAdded })
      }
    }
  }

  /** Sends again those that failed. */
  retry(uploads: readonly Upload[]): void {
    for (const upload of uploads) if (upload.error) void this.#send(upload)
  }

  cancel(uploads: readonly Upload[]): void {
    this.list.value = this.list.value.filter((upload) => !uploads.includes(upload))
    for (const { stop } of uploads) stop.abort()
  }

  #update(id: number, changes: Partial<Upload>): void {
    this.list.value = this.list.value.map((upload) => (upload.id === id ? { ...upload, ...changes } : upload))
  }

  #remove(id: number): void {
    this.list.value = this.list.value.filter((upload) => upload.id !== id)
  }

  async #send({ id, file, place, onAdded }: Pick<Upload, 'id' | 'file' | 'place' | 'onAdded'>): Promise<void> {
    const stop = new AbortController()
    const upload: Upload = { id, file, place, onAdded, ...UNSENT, stop }
    if (this.list.value.some((each) => each.id === id)) this.#update(id, upload)
    else this.list.value = [...this.list.value, upload]
    const tagsTimer = setTimeout(() => showFailure(this.#showTags(upload)), READ_TAGS_AFTER_MS)
    const arrival = randomName()
    let isAsked = false
    const separate = async (music: Music): Promise<void> => {
      if (isAsked) return
      isAsked = true
      clearTimeout(tagsTimer)
      onAdded(music.music_id)
      const leftOut = this.#needs.stemsToLeaveOut(music.tracks.map(({ name }) => name))
      await this.#needs.separateAndPlay(music.music_id, allBut(leftOut, music))
    }
    try {
      const music = await this.#limit(async () => {
        stop.signal.throwIfAborted()
        const stopWatching = onArrival(arrival, (early) => showFailure(separate(early)))
        return this.#sendWhenFree(upload, arrival).finally(stopWatching)
      })
      // It is asked for before the page is drawn anew without the upload.
      const asked = separate(music)
      this.#remove(id)
      await asked
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      if (stop.signal.aborted) this.#remove(id)
      else this.#update(id, { state: 'failed', error: words, isFileRefused: isAboutFile(error) })
    } finally {
      clearTimeout(tagsTimer)
    }
  }

  /** Waits and sends again for as long as the server is busy. */
  async #sendWhenFree({ id, file, place, stop }: Upload, arrival: string): Promise<Music> {
    await refuseUnreadable(file)
    for (;;) {
      const beganAt = performance.now()
      const onProgress = (share: number) =>
        this.#update(id, { share, bytesPerSecond: (1000 * share * file.size) / (performance.now() - beganAt) })
      this.#update(id, { state: 'sending' })
      try {
        const answer = uploadSong({ file, model: model.value, arrival, place, signal: stop.signal, onProgress })
        this.#needs.prepareToPlay()
        return await answer
      } catch (error) {
        stop.signal.throwIfAborted()
        if (!(error instanceof Busy)) {
          await refuseUnreadable(file)
          throw error
        }
        this.#update(id, { state: 'throttled', share: 0, bytesPerSecond: 0 })
        await delay(error.retryAfterMs, stop.signal)
        stop.signal.throwIfAborted()
      }
    }
  }

  /** Shows title, artist, length and cover while the file is on its way or queued. */
  async #showTags({ id, file, stop }: Upload): Promise<void> {
    if (!stop.signal.aborted) this.#update(id, { tags: await readTags(file) })
  }
}

/** The codes with which the server refuses a file, and would refuse it again. */
const FILE_REFUSALS: readonly (string | null)[] = ['empty', 'no-sound', 'too-large', 'too-long', 'undecodable']

function isAboutFile(error: unknown): boolean {
  return error instanceof Refusal && FILE_REFUSALS.includes(error.code)
}

function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

/** Waits, and ends at once when the signal aborts. */
async function delay(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
}

/** The browser reads a file only when it is sent. A file that was removed after it was chosen would arrive empty. */
async function refuseUnreadable(file: File): Promise<void> {
  const reader = file.stream().getReader()
  const { done } = await reader.read().catch((cause: unknown) => {
    const words = 'This file cannot be read. Was it moved, changed or locked, or is its disk gone? Choose it again.'
    throw new Error(words, { cause })
  })
  if (done) throw new Error('This file is empty.')
  await reader.cancel()
}

/** Calls `onSong` when the server knows the song, which may be before its upload ends. Returns how to stop that. */
function onArrival(arrival: string, onSong: (music: Music) => void): () => void {
  return effect(() => {
    const song = [...songs.value.values()].find(({ music }) => music.arrival === arrival)
    if (song) onSong(song.music)
  })
}

/** The ids of the tracks that are not left out; of all if none would stay. */
function allBut(leftOut: readonly string[], { tracks }: Music): number[] {
  const others = tracks.filter(({ name }) => !leftOut.includes(name))
  return (others.length > 0 ? others : tracks).map(({ track_id }) => track_id)
}
