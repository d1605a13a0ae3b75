import { computed, effect, signal } from '@preact/signals'
import { act } from '../act.ts'
import { keepTracks, type Music, tellPlayhead } from '../api.ts'
import { needSegments, newestFirst, type Song, songs } from '../state.ts'
import { keptPerSong } from './kept.ts'
import { gainsOf, mixOf } from './mix.ts'
import type { Command, Loop, Report, Status } from './mixer.ts'
import type { Output } from './output.ts'
import { SAMPLE_RATE, Sound } from './sound.ts'
import { AS_RECORDED, type Practice } from './stretcher.ts'
import { Stretches } from './stretches.ts'

const TELL_EVERY_MS = 5_000
/** So long a browser may take to let sound begin, by itself or after a press: headphones without a wire are slow. */
const ALLOWED_WITHIN_MS = 500
const PRESSED_WITHIN_MS = 2_000
const WANTS_CLICK = 'The browser wants a click before it lets a page sound: press Play.'
const TAKEN = 'Something took the sound away from the page, as a call does, or other headphones: press Play.'
const NO_SOUND = 'No sound comes. See to the loudspeakers or headphones, then press Play again.'

/** What the one player of this page does. Positions in samples. */
export const playing = signal<number | null>(null)
export const status = signal<Status>('paused')
export const position = signal(0)
export const levels = signal<readonly number[]>([])
export const loop = signal<Loop | null>(null)
export const practice = signal<Practice>(AS_RECORDED)
/** Why a part of the song does not come, in words. */
const fault = signal('')
/** Why there is no sound at all, in words. */
const silence = signal('')
export const hindrance = computed(() => silence.value || fault.value)
export const isInStep = signal(true)
const current = computed(() => (playing.value === null ? undefined : songs.value.get(playing.value)))
/** Whether it plays, or would if the next part were there. */
export const isOn = computed(() => status.value === 'playing' || status.value === 'waiting')

const keptPractice = keptPerSong<Practice>('practice')
export const keptLoops = keptPerSong<Loop>('loop')
const listenerId = crypto.getRandomValues(new Uint32Array(2)).join('-')
let sound: Sound | null = null
let output: Output | null = null
let stretches: Stretches | null = null
let toldAt = 0
/** Counts what was asked for, so that what comes late for one who has changed his mind does nothing. */
let lastTurn = 0
/** Whether what plays was heard to do so. */
let isHeard = false

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
  const isPressed = (navigator as { userActivation?: UserActivation }).userActivation?.isActive ?? true
  const asked = openSound()
  const turn = ++lastTurn
  asked.wake()
  const song = await open(musicId)
  // Nobody asked for it yet: it is heard as a whole until somebody chooses.
  if (song?.progress?.state === 'added')
    await keepTracks(
      musicId,
      song.music.tracks.map(({ track_id }) => track_id),
    )
  if (!song || turn !== lastTurn) return
  send({ kind: 'play' })
  status.value = 'waiting'
  tell()
  const comes = await asked.comesWithin(isPressed ? PRESSED_WITHIN_MS : ALLOWED_WITHIN_MS)
  if (turn !== lastTurn) return
  isHeard = comes
  silence.value = comes ? '' : isPressed ? NO_SOUND : WANTS_CLICK
  if (comes) return
  pause()
  if (isPressed) closeSound()
}

/** What is shown never waits for the audio thread: that may be gone. */
export function pause(): void {
  lastTurn++
  isHeard = false
  send({ kind: 'pause' })
  status.value = 'paused'
  levels.value = []
}

export async function toggle(musicId: number): Promise<void> {
  if (playing.value === musicId && isOn.value) pause()
  else await play(musicId)
}

export async function seek(musicId: number, to: number): Promise<void> {
  const song = await open(musicId)
  if (!song) return
  position.value = Math.max(0, Math.min(lengthOf(song), Math.round(to)))
  send({ kind: 'seek', position: position.value })
  follow()
  tell()
}

/** Sets key and tempo of the song that plays. */
export async function practise(musicId: number, changes: Partial<Practice>): Promise<void> {
  if (playing.value !== musicId) return
  practice.value = { ...practice.value, ...changes }
  keptPractice.set(musicId, practice.value)
  await output?.practise(practice.value)
}

export function send(command: Command): void {
  output?.send(command)
}

/** A browser takes a tenth of a second to open its sound: to be called when somebody is about to play. */
export function openSound(): Sound {
  // A context that was closed from outside never sounds again.
  if (sound?.context.state === 'closed') closeSound()
  sound ??= new Sound({ onReport: take, onLoss: lose, onFault: closeSound })
  return sound
}

function take(report: Report): void {
  if (playing.value === null) return
  status.value = report.status
  position.value = report.position
  levels.value = report.levels
  follow()
  if (isOn.value && performance.now() - toldAt > TELL_EVERY_MS) tell()
}

/** The sound went away from outside. It stays away until somebody presses Play, even if it could come back before. */
function lose(): void {
  if (!isHeard || !isOn.value) return
  pause()
  silence.value = TAKEN
}

/** The next press opens another one. */
function closeSound(): void {
  lose()
  stretches?.close()
  sound?.close()
  stretches = null
  sound = null
  output = null
}

/** Makes a song the one that is played; undefined when it has nothing to play yet. */
async function open(musicId: number): Promise<Song | undefined> {
  await needSegments(musicId)
  const song = songs.value.get(musicId)
  const [first] = song?.segments ?? []
  if (!song || !first) return undefined
  const { context, output: opening } = openSound()
  const opened = await opening
  if (playing.value === musicId && output === opened) return song
  output = opened
  isInStep.value = output.isInStep
  stretches?.close()
  const tracks = song.music.tracks.map(({ track_id }) => track_id)
  const stride = first.samples
  send({ kind: 'open', stride, samples: lengthOf(song), lanes: tracks.length })
  stretches = new Stretches({
    song: { musicId, tracks, stride },
    context,
    onLoad: (block) => {
      send({ kind: 'load', block })
      follow()
    },
    onDrop: (index) => send({ kind: 'drop', index }),
    onFault: (reason) => {
      fault.value = reason
    },
  })
  position.value = playing.value === musicId ? position.value : 0
  playing.value = musicId
  send({ kind: 'seek', position: position.value })
  loop.value = keptLoops.get(musicId)
  fault.value = ''
  send({ kind: 'loop', loop: loop.value })
  practice.value = keptPractice.get(musicId) ?? AS_RECORDED
  act(output.practise(practice.value))
  send({ kind: 'gains', gains: gainsOf(song.music, mixOf(song.music, song.progress)) })
  follow()
  return song
}

function close(): void {
  stretches?.close()
  stretches = null
  send({ kind: 'open', stride: 1, samples: 0, lanes: 0 })
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
  tellPlayhead(song.music.music_id, { seconds: position.value / SAMPLE_RATE, listener: listenerId }).catch(
    () => undefined,
  )
}

/** What is heard follows the song's state and its mix. */
effect(() => {
  if (playing.value === null) return
  const song = current.value
  if (!song) {
    close()
    return
  }
  send({ kind: 'length', samples: lengthOf(song) })
  follow()
})
effect(() => {
  const song = current.value
  if (song) send({ kind: 'gains', gains: gainsOf(song.music, mixOf(song.music, song.progress)) })
})

/** The song that keys are for: the one that plays, else the newest. */
export function songInHand(): Song | undefined {
  return current.value ?? newestFirst.value[0]
}
