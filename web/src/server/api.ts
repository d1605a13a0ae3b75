import type {
  Health,
  LibrarySong,
  ModelAnswer,
  Music,
  Peaks,
  Progress,
  Segments,
  WorkerAnswer,
} from '../../../src/listen/schemas.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { serverUrl } from './server-url.ts'

export type { Health, LibrarySong, ModelAnswer, Music, Progress, WorkerAnswer }
export type Segment = Segments['segments'][number] & { music_id: number }

/** Asks the server. Throws a Refusal if it cannot be reached, or if it refuses. */
export async function call(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(serverUrl(path), init).catch(() => {
    throw new Refusal('The server cannot be reached. Is it still running?')
  })
  if (response.ok) return response
  if (response.status === 401) location.assign(serverUrl('login'))
  throw refusalOf(response.status, await response.json().catch(() => null))
}

export async function listModels(): Promise<ModelAnswer[]> {
  return (await call('models')).json() as Promise<ModelAnswer[]>
}

export async function listSegments(musicId: number): Promise<Segment[]> {
  const { segments } = (await (await call(`music/${musicId}/segments`)).json()) as Segments
  return segments.map((segment) => ({ music_id: musicId, ...segment }))
}

export async function keepTracks(musicId: number, tracks: readonly number[]): Promise<void> {
  await call(`music/${musicId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(tracks),
  })
}

/** `bins` peaks, from 0 to 255, of every track by its id, between two seconds of the song; 0 where it is not separated yet. */
export async function getPeaks(
  musicId: number,
  { bins, from, to }: { bins: number; from: number; to: number },
): Promise<ReadonlyMap<number, readonly number[]>> {
  const { tracks } = (await (await call(`music/${musicId}/peaks?bins=${bins}&from=${from}&to=${to}`)).json()) as Peaks
  return new Map(tracks.map(({ track_id, peaks }) => [track_id, peaks]))
}

/** Tells the server the position of the playhead, so that it first separates what is heard next. */
export async function sendPlayhead(musicId: number, playhead: { seconds: number; listener: string }): Promise<void> {
  await call(`music/${musicId}/playhead`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(playhead),
  })
}

export async function health(): Promise<Health> {
  return (await call('healthz')).json() as Promise<Health>
}

export async function renameMusic(musicId: number, names: { name: string; band: string }): Promise<void> {
  await call(`music/${musicId}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(names),
  })
}

export async function retryMusic(musicId: number): Promise<void> {
  await call(`music/${musicId}/retry`, { method: 'POST' })
}

/**
 * Asks for a mix.
 * @param gains in dB by track id; null leaves a track out
 * @param pan the balance by track id, from -1 (left alone) to 1 (right alone)
 * @param semitones 0, as recorded, if left out
 * @param tempo 1, as recorded, if left out
 * @returns where the mix will be, and whether it is there already
 */
export async function renderMix(
  musicId: number,
  mix: {
    gains: Record<number, number | null>
    pan?: Record<number, number>
    semitones?: number
    tempo?: number
    format: string
  },
): Promise<{ file: string; ready: boolean }> {
  const answer = await call(`music/${musicId}/mix`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mix),
  })
  return answer.json() as Promise<{ file: string; ready: boolean }>
}

/** Where all stems of a separated song and its mix are, as one zip. */
export function zipUrl(
  musicId: number,
  { format, semitones, tempo }: { format: string; semitones: number; tempo: number },
): string {
  const query = new URLSearchParams({ format, semitones: String(semitones), tempo: String(tempo) })
  return serverUrl(`music/${musicId}/zip?${query}`)
}

export async function restoreMusic(musicId: number): Promise<void> {
  await call(`music/${musicId}/restore`, { method: 'POST' })
}

export async function deleteMusic(musicId: number): Promise<void> {
  await call(`music/${musicId}`, { method: 'DELETE' })
}

export async function reset(): Promise<void> {
  await call('reset', { method: 'POST' })
}

/** A proxy that refuses a file may close the connection during the upload. Browsers then hide its answer from the page. */
const BROKEN_OFF =
  'The upload broke off. Try again. If it breaks off again, a proxy in front of the server may refuse files of this size (nginx: client_max_body_size).'

/** Sends a file as it is, by XMLHttpRequest: fetch does not report the progress of an upload. */
export function uploadSong({
  file,
  model,
  arrival,
  place: { batch, place, of },
  signal,
  onProgress,
}: {
  file: File
  /** Empty for the server's default. */
  model: string
  /** A random id by which the song is known before the upload ends. */
  arrival: string
  /** The place of the file among those that were chosen together. */
  place: { batch: string; place: number; of: number }
  signal: AbortSignal
  onProgress(share: number): void
}): Promise<Music> {
  const request = new XMLHttpRequest()
  const { promise, resolve, reject } = Promise.withResolvers<Music>()
  const query = new URLSearchParams({
    filename: file.name,
    arrival,
    batch,
    place: String(place),
    of: String(of),
    ...(model ? { model } : {}),
  })
  request.open('POST', serverUrl(`music?${query}`))
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.responseType = 'json'
  request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
  request.onload = () => {
    if (request.status === 401) location.assign(serverUrl('login'))
    if (request.status === 200) resolve(request.response as Music)
    else {
      const retryAfterSeconds = Number(request.getResponseHeader('retry-after'))
      reject(refusalOf(request.status, request.response, retryAfterSeconds))
    }
  }
  request.onerror = () => reject(new Refusal(BROKEN_OFF))
  request.onabort = () => reject(new Refusal('Cancelled.'))
  const abort = () => request.abort()
  signal.addEventListener('abort', abort)
  request.onloadend = () => signal.removeEventListener('abort', abort)
  request.send(file)
  return promise
}
