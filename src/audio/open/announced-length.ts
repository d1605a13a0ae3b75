import { AV_CODEC_ID_ADPCM_IMA_QT, AV_CODEC_ID_PCM_S16LE } from 'node-av/constants'
import type { FormatContext, Stream } from 'node-av/lib'
import { mp3Seconds } from '../containers/mp3-frames.ts'
import { isChain } from '../containers/ogg-pages.ts'
import { wavDataBytes } from '../containers/wav-data.ts'
import { isPadded, PADDED_SHARE } from './padded-samples.ts'

const MICROSECONDS = 1_000_000
/** Its streams all have the length of the whole file. */
const ONE_LENGTH = 'asf'

/**
 * The length that a file gives for its sound, in seconds; null where it gives none. To be called before
 * `findStreamInfo`, which fills in lengths that it estimates from a bit rate or takes from other streams.
 * @param isAlone whether the stream is the only one that plays in time
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
  // The end of the last link would count with the rate of the first.
  if (name === 'ogg' && isChain(path)) return null
  const { num, den } = stream.timeBase
  if (stream.duration > 0n && (isAlone || name !== ONE_LENGTH)) {
    return ((Number(stream.duration) * num) / den) * (isPadded(stream) ? PADDED_SHARE : 1)
  }
  if (container.duration > 0n && isAlone) return Number(container.duration) / MICROSECONDS
  if (name === 'mp3') return mp3Seconds(path)
  return name === 'wav' ? wavSeconds(path, stream) : null
}

/** FFmpeg keeps the length of a WAV file to itself where not all of its samples are there. */
function wavSeconds(path: string, { codecpar: { codecId, bitRate } }: Stream): number | null {
  const isPcm = codecId >= AV_CODEC_ID_PCM_S16LE && codecId < AV_CODEC_ID_ADPCM_IMA_QT
  const bytes = isPcm && bitRate > 0n ? wavDataBytes(path) : null
  return bytes === null ? null : (8 * bytes) / Number(bitRate)
}
