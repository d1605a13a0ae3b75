import { effect, signal } from '@preact/signals'
import pLimit from 'p-limit'
import { act } from './act.ts'
import { keepTracks, type Music, uploadSong } from './api.ts'
import { peekInto } from './peek.ts'
import { playNext } from './player/play-next.ts'
import { openSound } from './player/player.ts'
import { Busy } from './refusal.ts'
import { songs } from './state.ts'
import { leftOut, model } from './upload-options.tsx'
import type { Upload } from './upload-row.tsx'

/** The songs on their way to the server, and those that did not get there. */
export const uploads = signal<readonly Upload[]>([])
let lastId = 0
/** A browser opens six connections to a host: what is played meanwhile needs some of them. */
const inTurn = pLimit(2)
/** An upload that is over by then needs nothing to be said about it. */
const LOOK_AFTER_MS = 1_500

export function sendAll(files: Iterable<File>): void {
  for (const file of files) void send(file)
}

/** Sends those again that did not get there. */
export function retry(some: readonly Upload[]): void {
  for (const { id, file, error } of some) if (error) void send(file, id)
}

export function cancel(some: readonly Upload[]): void {
  uploads.value = uploads.value.filter((upload) => !some.includes(upload))
  for (const { stop } of some) stop.abort()
}

function update(id: number, changes: Partial<Upload> | null): void {
  uploads.value = uploads.value.flatMap((upload) => {
    if (upload.id !== id) return [upload]
    return changes ? [{ ...upload, ...changes }] : []
  })
}

async function send(file: File, id = ++lastId): Promise<void> {
  const stop = new AbortController()
  const upload: Upload = { id, file, peek: null, state: 'queued', share: 0, bytesPerSecond: 0, error: '', stop }
  if (uploads.value.some((each) => each.id === id)) update(id, upload)
  else uploads.value = [...uploads.value, upload]
  const looking = setTimeout(() => act(look(upload)), LOOK_AFTER_MS)
  const arrival = crypto.getRandomValues(new Uint32Array(4)).join('-')
  let isOpen = false
  const open = async (music: Music): Promise<void> => {
    if (isOpen) return
    isOpen = true
    clearTimeout(looking)
    const kept = keepTracks(music.music_id, allBut(leftOut.value, music))
    openSound()
    await kept
    playNext(music.music_id)
  }
  try {
    const music = await inTurn(async () => {
      stop.signal.throwIfAborted()
      const stopWatching = whenComing(arrival, (coming) => act(open(coming)))
      return uploadWhenFree(upload, arrival).finally(stopWatching)
    })
    update(id, null)
    await open(music)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    update(id, stop.signal.aborted ? null : { state: 'failed', error: words })
  } finally {
    clearTimeout(looking)
  }
}

/** Waits as long as the server wants us to. */
async function uploadWhenFree({ id, file, stop }: Upload, arrival: string): Promise<Music> {
  await refuseUnreadable(file)
  for (;;) {
    const beganAt = performance.now()
    const onProgress = (share: number) =>
      update(id, { share, bytesPerSecond: (1000 * share * file.size) / (performance.now() - beganAt) })
    update(id, { state: 'sending' })
    try {
      return await uploadSong({ file, model: model.value, arrival, signal: stop.signal, onProgress })
    } catch (error) {
      stop.signal.throwIfAborted()
      if (!(error instanceof Busy)) {
        await refuseUnreadable(file)
        throw error
      }
      update(id, { state: 'throttled', share: 0, bytesPerSecond: 0 })
      await delay(error.retryAfterMs, stop.signal)
      stop.signal.throwIfAborted()
    }
  }
}

/** Ends at once when the signal aborts. */
async function delay(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => resolve()
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', end)
}

/** A file is read when it is sent: it may have gone since it was chosen, and has the size of an empty one then. */
async function refuseUnreadable(file: File): Promise<void> {
  const reader = file.stream().getReader()
  const { done } = await reader.read().catch((cause: unknown) => {
    const words = 'This file cannot be read. Was it moved, changed or locked, or is its disk gone? Choose it again.'
    throw new Error(words, { cause })
  })
  if (done) throw new Error('This file is empty.')
  await reader.cancel()
}

/** Tells of the song that an upload becomes before its end; until what is returned is called. */
function whenComing(arrival: string, onSong: (music: Music) => void): () => void {
  return effect(() => {
    const song = [...songs.value.values()].find(({ music }) => music.arrival === arrival)
    if (song) onSong(song.music)
  })
}

/** Shows title, artist, length and cover while the file is still on its way, or waits for its turn. */
async function look({ id, file, stop }: Upload): Promise<void> {
  if (stop.signal.aborted) return
  const peek = await peekInto(file)
  update(id, { peek })
}

/** The song minus one part; they choose otherwise on the song. */
function allBut(part: string, { tracks }: Music): number[] {
  const others = tracks.filter(({ name }) => name !== part)
  return (others.length > 0 ? others : tracks).map(({ track_id }) => track_id)
}
