import { setImmediate } from 'node:timers/promises'
import type { Frame } from 'node-av/lib'
import { clockTime } from '../../song/clock-time.ts'
import { MediaFault } from '../media-fault.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../pcm.ts'
import { framesOfLinks } from './chained-links.ts'
import { Converter } from './converter.ts'

const SAMPLES_BETWEEN_YIELDS = 1 << 20
/** Below this share of its announced length a file is told to be shorter than it says. */
const NOTABLY_SHORTER = 0.98
/** Silences that begin so soon after each other are told as one. */
const APART_SECONDS = 2
const MOST_MOMENTS = 5
/** Films begin their sound and their picture up to this far apart. */
const NOTABLY_LATE_SECONDS = 0.5
const MICROSECONDS = 1_000_000

/**
 * Decodes to 16-bit stereo at 44,100 Hz: float inside whatever the file holds, FFmpeg's own down-mix (ITU-R BS.775
 * weights, scaled so that nothing can clip), its resampler, rounded to nearest, clipped. Sound that is 16-bit stereo at
 * 44,100 Hz comes out as it went in.
 *
 * The calls are the synchronous ones, which cost a fifth of the asynchronous. The event loop gets its turn by samples of
 * the file, however few they become: it sends what was reported, and frees what the calls have left.
 * @returns what a person should know of the file
 */
export async function decodeSound({
  path,
  track,
  maxSeconds,
  onOpen,
  write,
}: {
  path: string
  track: number | null
  maxSeconds: number
  onOpen(info: OpenSound['info']): void
  write(pcm: Buffer): void
}): Promise<string[]> {
  const sound = openSound(path, { track })
  onOpen(sound.info)
  const converter = new Converter()
  let samples = 0
  let sinceYield = 0
  let damaged = 0
  let damagedAt = -1
  let isCutOff = false
  let broken: string | null = null
  const silent: number[] = []
  let startSeconds: number | null = null

  function emit(pcm: Buffer | null): void {
    if (!pcm) return
    samples += pcm.length / BYTES_PER_STEREO_SAMPLE
    if (samples > maxSeconds * SAMPLE_RATE) {
      const minutes = Math.floor(maxSeconds / 60)
      throw new MediaFault('too-long', `The song is longer than ${minutes} minutes (MAX_SONG_MINUTES).`)
    }
    write(pcm)
  }

  for (const frame of framesOfLinks(sound, {
    onDamaged: ({ isAtEnd }) => {
      if (damagedAt === samples) return
      damaged++
      damagedAt = samples
      isCutOff = isAtEnd
    },
    onSilent: () => {
      const seconds = samples / SAMPLE_RATE
      if (seconds - (silent.at(-1) ?? Number.NEGATIVE_INFINITY) > APART_SECONDS) silent.push(seconds)
    },
    onBroken: (reason) => {
      broken = reason
    },
  })) {
    startSeconds ??= secondsOf(frame, sound)
    emit(converter.convert(frame))
    sinceYield += frame.nbSamples
    if (sinceYield < SAMPLES_BETWEEN_YIELDS) continue
    sinceYield = 0
    await setImmediate()
  }
  const isLostFromHere = damagedAt === samples
  emit(converter.flush())
  if (samples === 0) throw new MediaFault('undecodable', 'Nothing in it can be decoded.')
  const { notes, announcedSeconds } = sound.info
  const found = warningsOf({
    damaged: damaged - (isLostFromHere ? 1 : 0),
    lost: isLostFromHere ? (isCutOff ? 'end' : 'rest') : null,
    silent,
    broken,
    silenced: converter.silenced,
    startSeconds: startSeconds ?? 0,
    fileStartSeconds: Number(sound.container.startTime) / MICROSECONDS,
    seconds: samples / SAMPLE_RATE,
    announcedSeconds,
  })
  return [...notes, ...found]
}

function warningsOf({
  damaged,
  lost,
  silent,
  broken,
  silenced,
  startSeconds,
  fileStartSeconds,
  seconds,
  announcedSeconds,
}: {
  damaged: number
  /** What is damaged behind all sound: the last packet of the file or more. */
  lost: 'end' | 'rest' | null
  silent: readonly number[]
  broken: string | null
  silenced: number
  /** Where the sound begins, and the first of all streams. */
  startSeconds: number
  fileStartSeconds: number
  seconds: number
  announcedSeconds: number | null
}): string[] {
  const warnings: string[] = []
  const lateSeconds = startSeconds - Math.max(0, fileStartSeconds)
  if (lateSeconds >= NOTABLY_LATE_SECONDS) {
    warnings.push(`Its sound begins ${lateSeconds.toFixed(1)} s into the file; the song begins with it.`)
  }
  // Matroska counts from the beginning of the file.
  const isShorter = announcedSeconds !== null && startSeconds + seconds < announcedSeconds * NOTABLY_SHORTER - 0.1
  const left = damaged + (lost !== null && !isShorter ? 1 : 0)
  if (silent.length > 0) {
    const what = isShorter ? 'and more is missing there than its silence' : 'and silent there'
    warnings.push(`The file is damaged, ${what}: at ${listOf(silent)}.`)
  } else if (left > 0) warnings.push(`Damaged parts of the file were left out: ${left}.`)
  if (silenced > 0) warnings.push(`${silenced} samples of the file are no numbers and were made silent.`)
  const reason = broken === null ? '' : ` (${broken})`
  if (broken !== null || (lost === 'rest' && isShorter)) {
    warnings.push(`The file cannot be read beyond ${clockTime(seconds)}; the rest is missing${reason}.`)
  }
  if (isShorter) warnings.push(shorterThan(announcedSeconds, seconds))
  return warnings
}

/** Rounded, but never to the same. */
function shorterThan(announcedSeconds: number, seconds: number): string {
  const says = Math.round(announcedSeconds)
  const holds = Math.min(Math.round(seconds), says - 1)
  return `The file says it is ${clockTime(says)} long, but it holds ${clockTime(holds)} of sound.`
}

function listOf(moments: readonly number[]): string {
  const told = moments.slice(0, MOST_MOMENTS).map(clockTime).join(', ')
  const others = moments.length - MOST_MOMENTS
  return others > 0 ? `${told} and ${others} more` : told
}

/** When a frame comes by its time stamp; 0 without one. */
function secondsOf({ pts }: Frame, { stream: { timeBase } }: OpenSound): number {
  return (Math.max(0, Number(pts)) * timeBase.num) / timeBase.den
}
