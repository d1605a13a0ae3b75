import { computed, effect, signal } from '@preact/signals'
import { act } from '../act.ts'
import { keepTracks, type Music, tellPlayhead } from '../api.ts'
import { needSegments, newestFirst, type Song, songs } from '../state.ts'
import { keptPerSong } from './kept.ts'
import { gainsOf, mixOf } from './mix.ts'
import type { Loop, Status } from './mixer.ts'
import { type Output, openOutput } from './output.ts'
import { AS_RECORDED, type Practice } from './stretcher.ts'
import { Stretches } from './stretches.ts'

export const SAMPLE_RATE = 44_100
/** Two seconds of what comes before. */
const RUN_UP_SECONDS = 2
const TELL_EVERY_MS = 5_000
/** So long a browser may take to let sound begin before we say that it wants a click. */
const ALLOWED_WITHIN_MS = 500

/** What the one player of this page does. Positions in samples. */
export const playing = signal<number | null>(null)
export const status = signal<Status>('paused')
export const position = signal(0)
export const levels = signal<readonly number[]>([])
export const loop = signal<Loop | null>(null)
export const practice = signal<Practice>(AS_RECORDED)
/** Why a part of the song does not come, in words. */
const fault = signal('')
/** Whether the browser lets no sound begin. */
const isBlocked = signal(false)
/** What is in the way of sound, in words. */
export const hindrance = computed(() =>
  isBlocked.value ? 'The browser wants a click before it lets a page sound: press Play.' : fault.value,
)
export const isInStep = signal(true)
const current = computed(() => (playing.value === null ? undefined : songs.value.get(playing.value)))
/** Whether it plays, or would if the next part were there. */
export const isOn = computed(() => status.value === 'playing' || status.value === 'waiting')
/** The song to play as soon as its first segments are known. */
const nextToPlay = signal<number | null>(null)

const keptPractice = keptPerSong<Practice>('practice')
const keptLoops = keptPerSong<Loop>('loop')
const listener = crypto.getRandomValues(new Uint32Array(2)).join('-')
let context: AudioContext | null = null
let opening: Promise<Output> | null = null
let output: Output | null = null
let stretches: Stretches | null = null
let toldAt = 0

/** The song's length: until it is decoded what its file announces. */
export function lengthOf({ music: { duration }, segments }: Song): number {
  const last = segments.at(-1)
  return Math.max(
    Math.round((duration ?? 0) * SAMPLE_RATE),
    last?.state === 'final' ? last.startSample + last.samples : 0,
  )
}

export function isCurrent({ music_id }: Music): boolean {
  return playing.value === music_id
}

/** Plays a song from where it was, or from its beginning. */
export async function play(musicId: number): Promise<void> {
  const song = await open(musicId)
  if (!song || !context) return
  // Nobody asked for it yet: it is heard as a whole until somebody chooses.
  if (song.progress?.state === 'added')
    await keepTracks(
      musicId,
      song.music.tracks.map(({ track_id }) => track_id),
    )
  output?.send({ kind: 'play' })
  status.value = 'waiting'
  tell()
  const resumed = context.resume().catch(() => undefined)
  await Promise.race([resumed, new Promise((resolve) => setTimeout(resolve, ALLOWED_WITHIN_MS))])
  isBlocked.value = context.state !== 'running'
  if (!isBlocked.value) return
  output?.send({ kind: 'pause' })
  status.value = 'paused'
}

/** Plays a song that was just added as soon as it can, unless another one plays by then. */
export function playNext(musicId: number): void {
  nextToPlay.value = musicId
}

export function pause(): void {
  output?.send({ kind: 'pause' })
}

export async function toggle(musicId: number): Promise<void> {
  if (playing.value === musicId && isOn.value) pause()
  else await play(musicId)
}

export async function seek(musicId: number, to: number): Promise<void> {
  const song = await open(musicId)
  if (!song) return
  position.value = Math.max(0, Math.min(lengthOf(song), Math.round(to)))
  output?.send({ kind: 'seek', position: position.value })
  follow()
  tell()
}

/** Sets one end of the loop; the other one is the song's until it is set. */
export function setLoop(musicId: number, ends: Partial<Loop> | null): void {
  const song = songs.value.get(musicId)
  if (!song || playing.value !== musicId) return
  const next = ends && { start: 0, end: lengthOf(song), ...loop.value, ...ends }
  loop.value = next && next.end > next.start ? next : null
  keptLoops.set(musicId, loop.value)
  output?.send({ kind: 'loop', loop: loop.value })
}

/** The same for any song: one that is not played becomes the one that is, and begins with the loop. */
export async function loopIn(musicId: number, ends: Loop): Promise<void> {
  const isElsewhere = playing.value !== musicId
  if (isElsewhere && !(await open(musicId))) return
  setLoop(musicId, ends)
  if (isElsewhere) await seek(musicId, ends.start)
}

/** Sets key and tempo of the song that plays. */
export async function practise(musicId: number, changes: Partial<Practice>): Promise<void> {
  if (playing.value !== musicId) return
  practice.value = { ...practice.value, ...changes }
  keptPractice.set(musicId, practice.value)
  await output?.practise(practice.value)
}

/** Plays the loop from a little before it, so that hands and breath are ready. */
export async function playLoop(musicId: number): Promise<void> {
  if (playing.value !== musicId || !loop.value) return
  await seek(musicId, loop.value.start - RUN_UP_SECONDS * SAMPLE_RATE)
  await play(musicId)
}

/** A browser takes a tenth of a second to open its sound: to be called when somebody is about to play. */
export function openSound(): { context: AudioContext; output: Promise<Output> } {
  context ??= new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' })
  opening ??= openOutput(context, (report) => {
    if (playing.value === null) return
    status.value = report.status
    position.value = report.position
    levels.value = report.levels
    follow()
    if ((report.status === 'playing' || report.status === 'waiting') && performance.now() - toldAt > TELL_EVERY_MS)
      tell()
  })
  return { context, output: opening }
}

/** Makes a song the one that is played; undefined when it has nothing to play yet. */
async function open(musicId: number): Promise<Song | undefined> {
  await needSegments(musicId)
  const song = songs.value.get(musicId)
  const [first] = song?.segments ?? []
  if (!song || !first) return undefined
  const sound = openSound()
  output = await sound.output
  isInStep.value = output.isInStep
  if (playing.value === musicId) return song
  stretches?.close()
  const tracks = song.music.tracks.map(({ track_id }) => track_id)
  const stride = first.samples
  output.send({ kind: 'open', stride, samples: lengthOf(song), lanes: tracks.length })
  stretches = new Stretches({
    song: { musicId, tracks, stride },
    context: sound.context,
    onLoad: (block) => {
      output?.send({ kind: 'load', block })
      follow()
    },
    onDrop: (index) => output?.send({ kind: 'drop', index }),
    onFault: (reason) => {
      fault.value = reason
    },
  })
  playing.value = musicId
  position.value = 0
  loop.value = keptLoops.get(musicId)
  fault.value = ''
  output.send({ kind: 'loop', loop: loop.value })
  practice.value = keptPractice.get(musicId) ?? AS_RECORDED
  act(output.practise(practice.value))
  output.send({ kind: 'gains', gains: gainsOf(song.music, mixOf(song.music, song.progress)) })
  follow()
  return song
}

function close(): void {
  stretches?.close()
  stretches = null
  output?.send({ kind: 'open', stride: 1, samples: 0, lanes: 0 })
  playing.value = null
  status.value = 'paused'
  position.value = 0
  loop.value = null
  fault.value = ''
}

/** Peeks, because effects call it that must not run again with every report. */
function follow(): void {
  const song = current.peek()
  if (song) stretches?.follow(position.peek(), song.segments, loop.peek()?.start ?? null)
}

/** Says where the listener is, so that what is heard next is separated next. */
function tell(): void {
  const song = current.peek()
  if (!song || song.progress?.state === 'ready') return
  toldAt = performance.now()
  // One that is lost is repeated.
  tellPlayhead(song.music.music_id, { seconds: position.value / SAMPLE_RATE, listener }).catch(() => undefined)
}

/** What is heard follows the song's state and its mix. */
effect(() => {
  if (playing.value === null) return
  const song = current.value
  if (!song) {
    close()
    return
  }
  output?.send({ kind: 'length', samples: lengthOf(song) })
  follow()
})
effect(() => {
  const song = current.value
  if (song) output?.send({ kind: 'gains', gains: gainsOf(song.music, mixOf(song.music, song.progress)) })
})

effect(() => {
  const id = nextToPlay.value
  if (id === null) return
  const isTaken = playing.value !== null
  if (!isTaken && !songs.value.get(id)?.segments.length) return
  nextToPlay.value = null
  if (!isTaken) act(play(id))
})

/** The song that keys are for: the one that plays, else the newest. */
export function songInHand(): Song | undefined {
  return current.value ?? newestFirst.value[0]
}
