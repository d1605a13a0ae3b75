import { setImmediate } from 'node:timers/promises'
import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16, AVERROR_EOF } from 'node-av/constants'
import { FFmpegError, Frame, SoftwareResampleContext } from 'node-av/lib'
import { nameChannels } from './channel-layout.ts'
import { MediaFault } from './media-fault.ts'
import { type OpenSound, openSound } from './media-open.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from './pcm.ts'

const MINUTE_SAMPLES = 60 * SAMPLE_RATE
/** Below this share of its announced length a file is told to be shorter than it says. */
const NOTABLY_SHORTER = 0.98
const MONO = 1

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
  const frame = new Frame()
  frame.alloc()
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

  function receiveAll(): void {
    for (;;) {
      const result = sound.decoder.receiveFrameSync(frame)
      if (result < 0) {
        if (result !== AVERROR_EOF && !isAgain(result)) damaged++
        return
      }
      nameChannels(frame)
      emit(converter.convert(frame))
      frame.unref()
    }
  }

  for (const packet of sound.packets()) {
    if (sound.decoder.sendPacketSync(packet) < 0) damaged++
    receiveAll()
    if (samples < nextYield) continue
    nextYield += MINUTE_SAMPLES
    await setImmediate()
  }
  sound.decoder.sendPacketSync(null)
  receiveAll()
  emit(converter.flush())
  if (samples === 0) throw new MediaFault('undecodable', 'Nothing in it can be decoded.')
  return warningsOf({ damaged, seconds: samples / SAMPLE_RATE, announcedSeconds: sound.info.announcedSeconds })
}

/** Frames in, 16-bit stereo out; made anew when the sound's format changes on the way. */
class Converter {
  #resampler: SoftwareResampleContext | null = null
  #format = ''
  readonly #out = new Frame()

  constructor() {
    this.#out.alloc()
  }

  convert(frame: Frame): Buffer | null {
    const format = `${frame.format} ${frame.sampleRate} ${frame.channelLayout.nbChannels} ${frame.channelLayout.mask}`
    const before = format === this.#format ? null : this.flush()
    if (format !== this.#format) {
      this.#format = format
      this.#resampler = openResampler(frame)
    }
    const pcm = this.#run(frame)
    return before && pcm ? Buffer.concat([before, pcm]) : (before ?? pcm)
  }

  /** The last samples the resampler holds back. */
  flush(): Buffer | null {
    return this.#resampler && this.#run(null)
  }

  #run(frame: Frame | null): Buffer | null {
    const out = this.#out
    out.unref()
    out.format = AV_SAMPLE_FMT_S16
    out.sampleRate = SAMPLE_RATE
    out.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    FFmpegError.throwIfError(this.#resampler?.convertFrame(out, frame) ?? 0, 'swr_convert_frame')
    if (out.nbSamples === 0) return null
    const plane = out.data?.[0]
    return plane ? Buffer.from(plane.subarray(0, out.nbSamples * BYTES_PER_STEREO_SAMPLE)) : null
  }
}

function openResampler(frame: Frame): SoftwareResampleContext {
  const resampler = new SoftwareResampleContext()
  FFmpegError.throwIfError(
    resampler.allocSetOpts2(
      AV_CHANNEL_LAYOUT_STEREO,
      AV_SAMPLE_FMT_S16,
      SAMPLE_RATE,
      frame.channelLayout,
      frame.format as typeof AV_SAMPLE_FMT_S16,
      frame.sampleRate,
    ),
    'swr_alloc_set_opts2',
  )
  resampler.setOption('internal_sample_fmt', AV_SAMPLE_FMT_FLTP)
  if (frame.channelLayout.nbChannels === MONO) resampler.setMatrix([1, 1], MONO)
  FFmpegError.throwIfError(resampler.init(), 'swr_init')
  return resampler
}

function isAgain(result: number): boolean {
  return result === -11
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
