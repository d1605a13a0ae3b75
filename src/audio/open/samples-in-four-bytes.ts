import { AV_CODEC_ID_PCM_F24LE, AV_CODEC_ID_PCM_S24LE, AV_CODEC_ID_PCM_S32LE, type AVCodecID } from 'node-av/constants'
import { Dictionary, FormatContext, Packet, type Stream } from 'node-av/lib'
import { assertNever } from '../../song/errors.ts'
import { MediaFault } from '../media-fault.ts'

/*
 * WAV, W64 and AVI may hold samples of up to 24 bits in four bytes each. WAVEFORMATEXTENSIBLE (Microsoft, mmreg.h) puts
 * them into the upper bytes. FFmpeg reads them as three bytes each, or as floating-point numbers of full scale 2^23, which
 * Cool Edit writes under the same header. Both give noise. Only the samples themselves show which format it is.
 */

const CONTAINER_BITS = 32
const CONTAINERS = 'wav,w64,avi'
const MISREAD_CODECS: ReadonlySet<number> = new Set([AV_CODEC_ID_PCM_S24LE, AV_CODEC_ID_PCM_F24LE])
/** FFmpeg's length of such a stream counts 24 bits a sample, and is multiplied by this. */
export const FOUR_BYTE_SHARE = 24 / CONTAINER_BITS
const MIN_FLOAT = 2 ** -16
const MAX_FLOAT = 2 ** 24
const MAX_PACKETS = 1_000

/** Whether the samples have up to 24 bits in four bytes each. */
export function hasFourByteSamples({ codecpar: { codecId, bitRate, channels, sampleRate } }: Stream): boolean {
  return MISREAD_CODECS.has(codecId) && Number(bitRate) === CONTAINER_BITS * channels * sampleRate
}

/** The codec that reads such a stream. Throws a MediaFault when there is none. */
export function fourByteCodec({ index }: Stream, path: string): AVCodecID {
  const layout = layoutOf(firstSamples(path, index))
  switch (layout) {
    case 'float':
      return AV_CODEC_ID_PCM_F24LE
    case 'upper':
      return AV_CODEC_ID_PCM_S32LE
    case 'lower':
      throw new MediaFault(
        'undecodable',
        'It has 24 bits of each sample in the lower part of 32, which no standard allows. Save it with 24 or 16 bits.',
      )
    default:
      return assertNever(layout)
  }
}

/**
 * How the four bytes of a sample are used. Read as floating-point numbers, only loud integers have a plausible size, so most
 * samples decide.
 */
function layoutOf(samples: DataView): 'upper' | 'lower' | 'float' {
  let sounding = 0
  let likelyFloats = 0
  let inLowerPart = 0
  for (let at = 0; at + 4 <= samples.byteLength; at += 4) {
    const value = samples.getInt32(at, true)
    if (value === 0) continue
    const size = Math.abs(samples.getFloat32(at, true))
    sounding++
    if (size >= MIN_FLOAT && size <= MAX_FLOAT) likelyFloats++
    if (value === (value << 8) >> 8 || value >>> 24 === 0) inLowerPart++
  }
  if (likelyFloats > sounding / 2) return 'float'
  return sounding > 0 && inLowerPart === sounding ? 'lower' : 'upper'
}

/** The first packet with sound; no bytes when all packets are silent. */
function firstSamples(path: string, index: number): DataView {
  const container = new FormatContext()
  container.openInputSync(`file:${path}`, null, Dictionary.fromObject({ format_whitelist: CONTAINERS }))
  const packet = new Packet()
  packet.alloc()
  for (let packets = 0; packets < MAX_PACKETS && container.readFrameSync(packet) >= 0; packets++) {
    const data = packet.streamIndex === index ? packet.data : null
    if (data?.some((byte) => byte !== 0)) return new DataView(Uint8Array.from(data).buffer)
    packet.unref()
  }
  return new DataView(new ArrayBuffer(0))
}
