import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_S16 } from 'node-av/constants'
import { avChannelLayoutDescribe, FFmpegError, Frame, SoftwareResampleContext } from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../song/pcm.ts'
import { cannotBeMixed } from './channel-layout.ts'
import { silenceNonFinite } from './non-finite-samples.ts'

const MONO = 1

/**
 * Converts frames to 16-bit stereo at 44,100 Hz. Each result is valid until the next call. When the format of the sound
 * changes, a new resampler takes over.
 */
export class Converter {
  #resampler: SoftwareResampleContext | null = null
  #format = ''
  readonly #out = new Frame()
  #room = 0
  #pcm: Buffer = Buffer.alloc(0)
  /** How many samples were not finite numbers and became silence. */
  silenced = 0

  constructor() {
    this.#out.alloc()
  }

  convert(frame: Frame): Buffer | null {
    this.silenced += silenceNonFinite(frame)
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

  /** Gives the samples that the resampler still holds. */
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

  /** Uses one buffer for all frames, because node-av frees the buffers of frames only when the event loop runs. */
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

/** The text that names the layout. If the file has its own channel order, `mask` holds an address instead of a mask. */
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
