import { batch, computed, signal } from '@preact/signals'
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
import { listenToServer, type Told } from './event-stream.ts'
import { forgetSong } from './player/kept.ts'

/** So long a deleted song may come back. */
const RESTORABLE_MS = 10 * 60_000

/** All the page knows of the server: all songs, fetched first, and kept in step by one stream of events. */
export type Song = { music: Music; progress: Progress | null; segments: readonly Segment[] }

export const songs = signal<ReadonlyMap<number, Song>>(new Map())
export const workers = signal<readonly WorkerAnswer[]>([])
export const models = signal<readonly ModelAnswer[]>([])
export const isConnected = signal(false)
/** The last thing that went wrong, in words. */
export const notice = signal('')

export const newestFirst = computed(() => [...songs.value.values()].sort((a, b) => b.music.music_id - a.music.music_id))

/** What was told and is not on the page yet: many events, as a new page gets them, are one change. */
let waiting: Told[] = []
/** Of the songs that are being fetched, those that came: the others are gone once it is whole. */
let fetched = new Set<number>()
const APPLY_WITHIN_MS = 10

export function listen(): void {
  listenToServer((told) => {
    if (waiting.length === 0) setTimeout(applyAll, APPLY_WITHIN_MS)
    waiting.push(told)
  })
}

function applyAll(): void {
  const all = waiting
  waiting = []
  batch(() => {
    const next = new Map(songs.value)
    for (const { name, data } of all) apply(next, name, data === '' ? null : JSON.parse(data))
    songs.value = next
  })
}

/** A stream that does not come to be may be a server that wants to know us first: asking it for anything shows the login. */
function lose(): void {
  isConnected.value = false
  void refreshModels()
}

/** @param next the songs as they will be */
function apply(next: Map<number, Song>, name: string, data: unknown): void {
  const change = (id: number, how: (song: Song) => Song, music?: Music) => {
    const song = next.get(id) ?? (music && { music, progress: null, segments: [] })
    if (song) next.set(id, how(song))
  }
  if (name === 'open') isConnected.value = true
  else if (name === 'lost') lose()
  else if (name === 'library') {
    isConnected.value = true
    fetched = new Set()
  } else if (name === 'songs') {
    for (const song of data as readonly LibrarySong[]) {
      fetched.add(song.music_id)
      next.set(song.music_id, songOf(song, next.get(song.music_id)))
    }
  } else if (name === 'whole') {
    for (const id of next.keys()) if (!fetched.has(id)) drop(next, id)
  } else if (name === 'song') {
    const music = data as Music
    change(music.music_id, (song) => ({ ...song, music }), music)
  } else if (name === 'progress') {
    const progress = data as Progress
    change(progress.music_id, (song) => ({ ...song, progress }))
  } else if (name === 'job') {
    const segment = data as Segment
    change(segment.music_id, (song) => ({ ...song, segments: withSegment(song, segment) }))
  } else if (name === 'workers') {
    const present = data as readonly WorkerAnswer[]
    // What a model costs, and whether anybody can do it, depends on who is there.
    const abilities = (all: readonly WorkerAnswer[]) => all.map((each) => `${each.worker} ${each.models}`).join()
    if (models.value.length === 0 || abilities(present) !== abilities(workers.value)) void refreshModels()
    workers.value = present
  } else if (name === 'deleted') {
    drop(next, (data as { music_id: number }).music_id)
  } else if (name === 'reset') {
    for (const id of next.keys()) forgetSong(id)
    next.clear()
  }
}

function drop(next: Map<number, Song>, id: number): void {
  setTimeout(() => songs.value.has(id) || forgetSong(id), RESTORABLE_MS)
  next.delete(id)
}

/** @param known what the page knew of it before; its segments stay where the server does not tell them by itself */
function songOf({ progress, segments, ...music }: LibrarySong, known: Song | undefined): Song {
  if (!segments && known?.segments.some(({ state }) => state !== 'final'))
    void fetchSegments(music.music_id, known.segments).catch(() => undefined)
  return { music, progress: progress ?? null, segments: segments ?? known?.segments ?? [] }
}

/** Fetches the segments of a song that was done before this page was opened: of those the server does not tell by itself. */
export async function needSegments(musicId: number): Promise<void> {
  const song = songs.value.get(musicId)
  if (!song || song.segments.length > 0 || song.progress?.state === 'added') return
  await fetchSegments(musicId, song.segments)
}

/** @param instead of these; newer ones, told meanwhile, stay */
async function fetchSegments(musicId: number, instead: readonly Segment[]): Promise<void> {
  const segments = await listSegments(musicId)
  const now = songs.value.get(musicId)
  if (now?.segments === instead) songs.value = new Map(songs.value).set(musicId, { ...now, segments })
}

async function refreshModels(): Promise<void> {
  models.value = await listModels().catch(() => models.value)
}

function withSegment({ segments }: Song, segment: Segment): readonly Segment[] {
  // Mostly they come in order, or replace the one of their place.
  if (segment.index === segments.length) return [...segments, segment]
  if (segments[segment.index]?.index === segment.index) return segments.with(segment.index, segment)
  const others = segments.filter(({ index }) => index !== segment.index)
  return [...others, segment].sort((a, b) => a.index - b.index)
}
