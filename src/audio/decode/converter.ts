import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16 } from 'node-av/constants'
import { avChannelLayoutDescribe, FFmpegError, Frame, SoftwareResampleContext } from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../pcm.ts'
import { cannotBeMixed } from './channel-layout.ts'
import { silenceNonNumbers } from './non-finite-samples.ts'

const MONO = 1

/** Frames in, 16-bit stereo out, each valid until the next; made anew when the sound's format changes on the way. */
export class Converter {
  #resampler: SoftwareResampleContext | null = null
  #format = ''
  readonly #out = new Frame()
  #room = 0
  #pcm: Buffer = Buffer.alloc(0)
  /** How many samples were no numbers. */
  silenced = 0

  constructor() {
    this.#out.alloc()
  }

  convert(frame: Frame): Buffer | null {
    this.silenced += silenceNonNumbers(frame)
    const format = formatOf(frame)
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
    return this.#run(null)
  }

  #run(frame: Frame | null): Buffer | null {
    const resampler = this.#resampler
    if (!resampler) return null
    this.#makeRoom(resampler.getOutSamples(frame?.nbSamples ?? 0))
    this.#out.nbSamples = this.#room
    FFmpegError.throwIfError(resampler.convertFrame(this.#out, frame), 'swr_convert_frame')
    const { nbSamples } = this.#out
    return nbSamples === 0 ? null : this.#pcm.subarray(0, nbSamples * BYTES_PER_STEREO_SAMPLE)
  }

  /** One buffer for all frames: what is asked for its bytes lives until the event loop turns. */
  #makeRoom(samples: number): void {
    if (samples <= this.#room) return
    const out = this.#out
    out.unref()
    out.format = AV_SAMPLE_FMT_S16
    out.sampleRate = SAMPLE_RATE
    out.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    out.nbSamples = samples
    FFmpegError.throwIfError(out.getBuffer(), 'av_frame_get_buffer')
    const plane = out.data?.[0]
    if (!plane) throw new Error('An output frame has no data.')
    this.#room = samples
    this.#pcm = plane
  }
}

/** The layout goes by its description: `mask` is none where channels come in an order of the file's own, but an address. */
function formatOf({ format, sampleRate, channelLayout }: Frame): string {
  return `${format} ${sampleRate} ${avChannelLayoutDescribe(channelLayout)}`
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
  if (resampler.init() < 0) throw cannotBeMixed(frame.channelLayout)
  return resampler
}
