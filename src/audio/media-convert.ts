import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16 } from 'node-av/constants'
import { FFmpegError, Frame, SoftwareResampleContext } from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from './pcm.ts'

const MONO = 1

/** Frames in, 16-bit stereo out, each valid until the next; made anew when the sound's format changes on the way. */
export class Converter {
  #resampler: SoftwareResampleContext | null = null
  #format = ''
  readonly #out = new Frame()

  constructor() {
    this.#out.alloc()
  }

  convert(frame: Frame): Buffer | null {
    const format = `${frame.format} ${frame.sampleRate} ${frame.channelLayout.nbChannels} ${frame.channelLayout.mask}`
    const last = format === this.#format ? null : this.flush()
    const before = last && Buffer.from(last)
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
    return plane ? plane.subarray(0, out.nbSamples * BYTES_PER_STEREO_SAMPLE) : null
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
