import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_S16 } from 'node-av/constants'
import { FFmpegError, SoftwareResampleContext } from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../song/pcm.ts'

/**
 * Returns a function that converts 16-bit stereo from 44,100 Hz to another rate. Call it with null at the end for the samples
 * that the resampler still holds.
 */
export function resampleTo(rate: number): (pcm: Buffer | null) => Buffer {
  const resampler = new SoftwareResampleContext()
  FFmpegError.throwIfError(
    resampler.allocSetOpts2(
      AV_CHANNEL_LAYOUT_STEREO,
      AV_SAMPLE_FMT_S16,
      rate,
      AV_CHANNEL_LAYOUT_STEREO,
      AV_SAMPLE_FMT_S16,
      SAMPLE_RATE,
    ),
    'swr_alloc_set_opts2',
  )
  FFmpegError.throwIfError(resampler.init(), 'swr_init')
  return (pcm) => {
    const samples = pcm ? pcm.length / BYTES_PER_STEREO_SAMPLE : 0
    const room = resampler.getOutSamples(samples)
    const out = Buffer.alloc(room * BYTES_PER_STEREO_SAMPLE)
    const made = resampler.convertSync([out], room, pcm && [pcm], samples)
    FFmpegError.throwIfError(made, 'swr_convert')
    return out.subarray(0, made * BYTES_PER_STEREO_SAMPLE)
  }
}
