import { setImmediate } from 'node:timers/promises'
import { Converter } from './media-convert.ts'
import { MediaFault } from './media-fault.ts'
import { framesOf } from './media-frames.ts'
import { type OpenSound, openSound } from './media-open.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from './pcm.ts'

const MINUTE_SAMPLES = 60 * SAMPLE_RATE
/** Below this share of its announced length a file is told to be shorter than it says. */
const NOTABLY_SHORTER = 0.98

/**
 * Decodes to 16-bit stereo at 44,100 Hz: float inside whatever the file holds, FFmpeg's own down-mix (ITU-R BS.775
 * weights, scaled so that nothing can clip), its resampler, rounded to nearest, clipped. Sound that is 16-bit stereo at
 * 44,100 Hz comes out as it went in.
 *
 * The calls are the synchronous ones, which cost a fifth of the asynchronous; once a minute of sound the event loop gets
 * its turn, or memory grows with the song.
 * @returns what a person should know of the file
 */
export async function decodeSound({
  path,
  maxSeconds,
  onOpen,
  write,
}: {
  path: string
  maxSeconds: number
  onOpen(info: OpenSound['info']): void
  write(pcm: Buffer): void
}): Promise<string[]> {
  const sound = openSound(path)
  onOpen(sound.info)
  const converter = new Converter()
  let samples = 0
  let nextYield = MINUTE_SAMPLES
  let damaged = 0

  function emit(pcm: Buffer | null): void {
    if (!pcm) return
    samples += pcm.length / BYTES_PER_STEREO_SAMPLE
    if (samples > maxSeconds * SAMPLE_RATE) {
      const minutes = Math.floor(maxSeconds / 60)
      throw new MediaFault('too-long', `The song is longer than ${minutes} minutes (MAX_SONG_MINUTES).`)
    }
    write(pcm)
  }

  for (const frame of framesOf(sound, { onDamaged: () => damaged++ })) {
    emit(converter.convert(frame))
    if (samples < nextYield) continue
    nextYield += MINUTE_SAMPLES
    await setImmediate()
  }
  emit(converter.flush())
  if (samples === 0) throw new MediaFault('undecodable', 'Nothing in it can be decoded.')
  return warningsOf({ damaged, seconds: samples / SAMPLE_RATE, announcedSeconds: sound.info.announcedSeconds })
}

function warningsOf({
  damaged,
  seconds,
  announcedSeconds,
}: {
  damaged: number
  seconds: number
  announcedSeconds: number | null
}): string[] {
  const warnings: string[] = []
  if (damaged > 0) warnings.push(`${damaged} damaged parts of the file were left out.`)
  if (announcedSeconds !== null && seconds < announcedSeconds * NOTABLY_SHORTER - 0.1) {
    warnings.push(`The file says it is ${clock(announcedSeconds)} long, but it holds ${clock(seconds)} of sound.`)
  }
  return warnings
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
