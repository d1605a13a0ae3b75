import { AV_CODEC_ID_ADPCM_IMA_QT, AV_CODEC_ID_PCM_S16LE, AV_TIME_BASE } from 'node-av/constants'
import type { FormatContext, Stream } from 'node-av/lib'
import { mp3Seconds } from '../containers/mp3-frames.ts'
import { isChain } from '../containers/ogg-pages.ts'
import { wavDataBytes } from '../containers/wav-data.ts'
import { FOUR_BYTE_SHARE, hasFourByteSamples } from './samples-in-four-bytes.ts'

/** This container gives every stream the length of the whole file. */
const COMMON_LENGTH = 'asf'

/**
 * The length that a file states for its sound, in seconds; null when it states none. Call this before `findStreamInfo`, which
 * fills in lengths that it estimates from a bit rate or copies from other streams.
 * @param isAlone whether the file has no other streams than this one and covers
 */
export function announcedSecondsOf({
  path,
  container,
  stream,
  isAlone,
}: {
  path: string
  container: FormatContext
  stream: Stream
  isAlone: boolean
}): number | null {
  const name = container.iformat?.name
  // FFmpeg would divide the last link's end by the first link's rate.
  if (name === 'ogg' && isChain(path)) return null
  const { num, den } = stream.timeBase
  if (stream.duration > 0n && (isAlone || name !== COMMON_LENGTH)) {
    return ((Number(stream.duration) * num) / den) * (hasFourByteSamples(stream) ? FOUR_BYTE_SHARE : 1)
  }
  if (container.duration > 0n && isAlone) return Number(container.duration) / AV_TIME_BASE
  if (name === 'mp3') return mp3Seconds(path)
  return name === 'wav' ? wavSeconds(path, stream) : null
}

/** FFmpeg states no length for a WAV file whose last samples are missing. */
function wavSeconds(path: string, { codecpar: { codecId, bitRate } }: Stream): number | null {
  const isPcm = codecId >= AV_CODEC_ID_PCM_S16LE && codecId < AV_CODEC_ID_ADPCM_IMA_QT
  const bytes = isPcm && bitRate > 0n ? wavDataBytes(path) : null
  return bytes === null ? null : (8 * bytes) / Number(bitRate)
}
