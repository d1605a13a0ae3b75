import { computed, signal } from '@preact/signals'
import { listModels, type ModelAnswer, type Music, type Progress, type Segment, type WorkerAnswer } from './api.ts'
import { forgetSong } from './player/kept.ts'

/** So long a deleted song may come back. */
const RESTORABLE_MS = 10 * 60_000

/** All the page knows of the server: kept in step by one stream of events, the present state first. */
export type Song = { music: Music; progress: Progress | null; segments: readonly Segment[] }

export const songs = signal<ReadonlyMap<number, Song>>(new Map())
export const workers = signal<readonly WorkerAnswer[]>([])
export const models = signal<readonly ModelAnswer[]>([])
export const isConnected = signal(false)
/** The last thing that went wrong, in words. */
export const notice = signal('')

export const newestFirst = computed(() => [...songs.value.values()].sort((a, b) => b.music.music_id - a.music.music_id))

export function listen(): EventSource {
  const source = new EventSource('/events')
  const on = <T>(type: string, act: (data: T) => void): void => {
    source.addEventListener(type, (event) => act(JSON.parse((event as MessageEvent<string>).data) as T))
  }
  source.onopen = () => {
    isConnected.value = true
  }
  source.onerror = () => {
    isConnected.value = false
  }
  on<Music>('song', (music) => change(music.music_id, (song) => ({ ...song, music }), music))
  on<Progress>('progress', (progress) => change(progress.music_id, (song) => ({ ...song, progress })))
  on<Segment>('job', (segment) =>
    change(segment.music_id, (song) => ({ ...song, segments: withSegment(song, segment) })),
  )
  on<readonly WorkerAnswer[]>('workers', (present) => {
    // What a model costs, and whether anybody can do it, depends on who is there.
    const abilities = (all: readonly WorkerAnswer[]) => all.map((each) => `${each.worker} ${each.models}`).join()
    if (models.value.length === 0 || abilities(present) !== abilities(workers.value)) void refreshModels()
    workers.value = present
  })
  on<{ music_id: number }>('deleted', ({ music_id }) => {
    setTimeout(() => songs.value.has(music_id) || forgetSong(music_id), RESTORABLE_MS)
    const rest = new Map(songs.value)
    rest.delete(music_id)
    songs.value = rest
  })
  on('reset', () => {
    for (const id of songs.value.keys()) forgetSong(id)
    songs.value = new Map()
  })
  return source
}

async function refreshModels(): Promise<void> {
  models.value = await listModels().catch(() => models.value)
}

function change(id: number, how: (song: Song) => Song, music?: Music): void {
  const song = songs.value.get(id) ?? (music && { music, progress: null, segments: [] })
  if (song) songs.value = new Map(songs.value).set(id, how(song))
}

function withSegment({ segments }: Song, segment: Segment): readonly Segment[] {
  const others = segments.filter(({ index }) => index !== segment.index)
  return [...others, segment].sort((a, b) => a.index - b.index)
}
