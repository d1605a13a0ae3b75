import { setImmediate } from 'node:timers/promises'
import { AV_TIME_BASE } from 'node-av/constants'
import type { Frame } from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../song/pcm.ts'
import { MediaFault } from '../media-fault.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { framesOfLinks } from './chained-links.ts'
import { Converter } from './converter.ts'
import { DecodeWarnings } from './decode-warnings.ts'

const SAMPLES_BETWEEN_YIELDS = 1 << 20

/**
 * Decodes to 16-bit stereo at 44,100 Hz. FFmpeg mixes down (weights of ITU-R BS.775, scaled so that nothing can clip) and
 * resamples in float; the result is rounded to nearest and clipped. 16-bit stereo at 44,100 Hz comes out unchanged.
 *
 * The calls into FFmpeg are synchronous because the asynchronous ones cost five times as much. After every 2^20 input samples
 * the event loop runs, even if they gave little output: it sends reports and frees FFmpeg's memory.
 * @returns warnings for the user
 */
export async function decodeSound({
  path,
  soundTrack,
  maxSeconds,
  onOpen,
  write,
}: {
  path: string
  soundTrack: number | null
  maxSeconds: number
  onOpen(info: OpenSound['info']): void
  write(pcm: Buffer): void
}): Promise<string[]> {
  const sound = openSound(path, { soundTrack })
  onOpen(sound.info)
  const converter = new Converter()
  const warnings = new DecodeWarnings()
  let samples = 0
  let sinceYield = 0
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
    onDamaged: ({ isAtEnd }) => warnings.addDamage({ samples, isAtEnd }),
    onSilent: () => warnings.addSilence(samples),
    onBroken: (reason) => warnings.setBroken(reason),
  })) {
    startSeconds ??= secondsOf(frame, sound)
    emit(converter.convert(frame))
    sinceYield += frame.nbSamples
    if (sinceYield < SAMPLES_BETWEEN_YIELDS) continue
    sinceYield = 0
    await setImmediate()
  }
  warnings.endAt(samples)
  emit(converter.flush())
  if (samples === 0) throw new MediaFault('undecodable', 'Nothing in it can be decoded.')
  const { notes, announcedSeconds } = sound.info
  const found = warnings.list({
    silenced: converter.silenced,
    startSeconds: startSeconds ?? 0,
    fileStartSeconds: Number(sound.container.startTime) / AV_TIME_BASE,
    seconds: samples / SAMPLE_RATE,
    announcedSeconds,
  })
  return [...notes, ...found]
}

/** The time of a frame by its time stamp; 0 without one. */
function secondsOf({ pts }: Frame, { stream: { timeBase } }: OpenSound): number {
  return (Math.max(0, Number(pts)) * timeBase.num) / timeBase.den
}
