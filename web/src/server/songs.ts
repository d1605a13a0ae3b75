import { batch, computed, signal } from '@preact/signals'
import type { PageEventData } from '../../../src/listen/events/page-events.ts'
import { RESTORABLE_MS } from '../../../src/song/restore-period.ts'
import { AnswerOrder } from '../answer-order.ts'
import { assertNever } from '../assert-never.ts'
import { forgetSong } from '../browser-storage.ts'
import {
  type LibrarySong,
  listModels,
  listSegments,
  type ModelAnswer,
  type Music,
  type Progress,
  type Segment,
  type WorkerAnswer,
} from './api.ts'
import { listenToServer } from './event-stream.ts'
import { setlists } from './setlists.ts'
import { type MessageText, parseMessage, type StreamMessage } from './stream-message.ts'

/*
 * All that the page knows of the server. It fetches the songs once, then keeps them up to date by the event stream.
 */

/** `progress` is null until it is known. `segments` are empty until they are needed (`needSegments`) or change. */
export type Song = { music: Music; progress: Progress | null; segments: readonly Segment[] }

export const songs = signal<ReadonlyMap<number, Song>>(new Map())
export const workers = signal<readonly WorkerAnswer[]>([])
export const models = signal<readonly ModelAnswer[]>([])
export const isConnected = signal(false)
/** The newest versions of songs' practice settings that the server has told about. */
export const practiceVersions = signal<ReadonlyMap<number, number>>(new Map())

/** The newest that the server has told about the words of songs: their revision, and what is being done for them. */
export const lyricsNews = signal<ReadonlyMap<number, PageEventData<'lyrics'>>>(new Map())

export const isLibraryRead = signal(false)
/** How often the library was read. Events between two readings may have been missed. */
export const libraryReads = signal(0)
/** Whether the server has no songs. False until all songs are read. */
export const isLibraryEmpty = computed(() => isLibraryRead.value && songs.value.size === 0)

export const newestFirst = computed(() => [...songs.value.values()].sort((a, b) => b.music.music_id - a.music.music_id))

/** A new page gets many messages at once. The messages of 10 ms are applied together, as one change. */
const APPLY_WITHIN_MS = 10

let waiting: MessageText[] = []
/** The songs that have come while the library is being fetched. All other songs are removed at its end. */
let fetchedIds = new Set<number>()

export function listen(): void {
  listenToServer((message) => {
    if (waiting.length === 0) setTimeout(applyAll, APPLY_WITHIN_MS)
    waiting.push(message)
  })
}

function applyAll(): void {
  const all = waiting
  waiting = []
  batch(() => {
    const next = new Map(songs.value)
    for (const message of all) apply(next, parseMessage(message))
    songs.value = next
  })
}

/** @param next the songs as they will be */
function apply(next: Map<number, Song>, { type, data }: StreamMessage): void {
  switch (type) {
    case 'connected':
      isConnected.value = true
      break
    case 'disconnected':
      isConnected.value = false
      // The server may want a login. An EventSource does not show a 401; any other request leads to the login.
      void refreshModels()
      break
    case 'library':
      isConnected.value = true
      fetchedIds = new Set()
      break
    case 'songs':
      for (const song of data) {
        fetchedIds.add(song.music_id)
        next.set(song.music_id, songOf(song, next.get(song.music_id)))
      }
      break
    case 'libraryEnd':
      for (const id of next.keys()) if (!fetchedIds.has(id)) remove(next, id)
      isLibraryRead.value = true
      libraryReads.value++
      break
    case 'song':
      next.set(data.music_id, { progress: null, segments: [], ...next.get(data.music_id), music: data })
      break
    case 'progress':
      update(next, data.music_id, ({ segments }) => ({ progress: data, segments: upToEnd(segments, data) }))
      break
    case 'job':
      update(next, data.music_id, (song) => ({ segments: upToEnd(withSegment(song, data), song.progress) }))
      break
    case 'workers':
      showWorkers(data)
      break
    case 'practice':
      practiceVersions.value = new Map(practiceVersions.value).set(data.music_id, data.version)
      break
    case 'lyrics':
      lyricsNews.value = new Map(lyricsNews.value).set(data.music_id, data)
      break
    case 'setlists':
      setlists.value = data
      break
    case 'deleted':
      remove(next, data.music_id)
      break
    case 'reset':
      for (const id of next.keys()) forgetSong(id)
      next.clear()
      break
    default:
      assertNever(type)
  }
}

function update(next: Map<number, Song>, id: number, changesOf: (song: Song) => Partial<Song>): void {
  const song = next.get(id)
  if (song) next.set(id, { ...song, ...changesOf(song) })
}

function remove(next: Map<number, Song>, id: number): void {
  setTimeout(() => songs.value.has(id) || forgetSong(id), RESTORABLE_MS)
  next.delete(id)
}

/** Fetches the models again when the workers change, because a model's cost depends on them. */
function showWorkers(present: readonly WorkerAnswer[]): void {
  const abilities = (all: readonly WorkerAnswer[]) => all.map((each) => `${each.worker} ${each.models}`).join()
  if (models.value.length === 0 || abilities(present) !== abilities(workers.value)) void refreshModels()
  workers.value = present
}

/** @param known the song as the page knew it; its segments stay if the server does not send them again */
function songOf({ progress, segments, ...music }: LibrarySong, known: Song | undefined): Song {
  if (!segments && known?.segments.some(({ state }) => state !== 'final'))
    void fetchSegments(music.music_id, known.segments).catch(() => undefined)
  return { music, progress: progress ?? null, segments: upToEnd(segments ?? known?.segments ?? [], progress ?? null) }
}

/** Fetches the segments of a song that was separated before the page was opened: the event stream does not send those. */
export async function needSegments(musicId: number): Promise<void> {
  const song = songs.value.get(musicId)
  if (!song || song.segments.length > 0 || song.progress?.state === 'added') return
  await fetchSegments(musicId, song.segments)
}

/** @param replaced the segments to replace; newer ones, which came meanwhile, stay */
async function fetchSegments(musicId: number, replaced: readonly Segment[]): Promise<void> {
  const segments = await listSegments(musicId)
  const now = songs.value.get(musicId)
  if (now?.segments === replaced)
    songs.value = new Map(songs.value).set(musicId, { ...now, segments: upToEnd(segments, now.progress) })
}

const modelAnswers = new AnswerOrder()

async function refreshModels(): Promise<void> {
  const request = modelAnswers.begin()
  const answer = await listModels().catch(() => null)
  if (answer && request.accept()) models.value = answer
}

/** A song may turn out to be shorter than its file says. The segments that were expected beyond its end are then removed. */
function upToEnd(segments: readonly Segment[], progress: Progress | null): readonly Segment[] {
  if (!progress?.chunks.final) return segments
  const { total } = progress.chunks
  return segments.some(({ index }) => index >= total) ? segments.filter(({ index }) => index < total) : segments
}

function withSegment({ segments }: Song, segment: Segment): readonly Segment[] {
  // Usually a segment is the next one, or replaces the one at its index.
  if (segment.index === segments.length) return [...segments, segment]
  if (segments[segment.index]?.index === segment.index) return segments.with(segment.index, segment)
  const others = segments.filter(({ index }) => index !== segment.index)
  return [...others, segment].sort((a, b) => a.index - b.index)
}
