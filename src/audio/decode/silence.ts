import { AV_SAMPLE_FMT_U8, AV_SAMPLE_FMT_U8P } from 'node-av/constants'
import { FFmpegError, type Frame } from 'node-av/lib'

const UNSIGNED_ZERO = 0x80

/** Frames of silence in the format of the given frame. Each is valid until the next. */
export function* silenceLike(frame: Frame, samples: number): Generator<Frame, void> {
  const silent = frame.clone()
  if (!silent) throw new Error('A frame cannot be copied.')
  try {
    FFmpegError.throwIfError(silent.makeWritable(), 'av_frame_make_writable')
    const isUnsigned = frame.format === AV_SAMPLE_FMT_U8 || frame.format === AV_SAMPLE_FMT_U8P
    for (const plane of silent.extendedData ?? []) plane.fill(isUnsigned ? UNSIGNED_ZERO : 0)
    for (let left = samples; left > 0; left -= silent.nbSamples) {
      silent.nbSamples = Math.min(silent.nbSamples, left)
      yield silent
    }
  } finally {
    silent.free()
  }
}
