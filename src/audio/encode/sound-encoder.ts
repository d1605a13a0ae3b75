import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_PKT_FLAG_KEY,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S16P,
  AVFMT_GLOBALHEADER,
  AVMEDIA_TYPE_VIDEO,
  FF_ENCODER_AAC,
  FF_ENCODER_FLAC,
  FF_ENCODER_LIBMP3LAME,
  FF_ENCODER_LIBOPUS,
} from 'node-av/constants'
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, FULL_SCALE, SAMPLE_RATE } from '../../song/pcm.ts'
import type { CodedFormat } from '../../song/sound-formats.ts'
import type { Picture, Tags } from '../media-messages.ts'
import { pictureBlock } from './picture-block.ts'
import { resampleTo } from './resample.ts'

const OPUS_RATE = 48_000
/** FLAC allows frames of any length. FFmpeg's encoder uses this one at 44,100 Hz. */
const FLAC_FRAME_SAMPLES = 4096

type Encoding = {
  muxer: string
  encoder: Parameters<typeof Codec.findEncoderByName>[0]
  sampleFormat: typeof AV_SAMPLE_FMT_S16
  rate: number
  bitRate: bigint
  takesPicture: boolean
}

/** At these bit rates the loss is inaudible. FLAC is lossless. */
const ENCODINGS: Record<CodedFormat, Encoding> = {
  flac: {
    muxer: 'flac',
    encoder: FF_ENCODER_FLAC,
    sampleFormat: AV_SAMPLE_FMT_S16,
    rate: SAMPLE_RATE,
    bitRate: 0n,
    takesPicture: true,
  },
  mp3: {
    muxer: 'mp3',
    encoder: FF_ENCODER_LIBMP3LAME,
    sampleFormat: AV_SAMPLE_FMT_S16P,
    rate: SAMPLE_RATE,
    bitRate: 256_000n,
    takesPicture: true,
  },
  m4a: {
    muxer: 'ipod',
    encoder: FF_ENCODER_AAC,
    sampleFormat: AV_SAMPLE_FMT_FLTP,
    rate: SAMPLE_RATE,
    bitRate: 256_000n,
    takesPicture: true,
  },
  opus: {
    muxer: 'opus',
    encoder: FF_ENCODER_LIBOPUS,
    sampleFormat: AV_SAMPLE_FMT_S16,
    rate: OPUS_RATE,
    bitRate: 160_000n,
    takesPicture: false,
  },
}

/** Encodes 16-bit stereo at 44,100 Hz into a file. Writes the tags and the cover if the format can hold them. */
export class SoundEncoder {
  readonly #encoding: Encoding
  readonly #container = new FormatContext()
  readonly #encoder = new CodecContext()
  readonly #stream: Stream
  readonly #frame = new Frame()
  readonly #packet = new Packet()
  readonly #resample: ((pcm: Buffer | null) => Buffer) | null
  readonly #frameBytes: number
  #waiting: Buffer = Buffer.alloc(0)
  #samples = 0n

  constructor({
    path,
    format,
    tags,
    picture,
  }: {
    path: string
    format: CodedFormat
    tags: Tags
    picture: Picture | null
  }) {
    const encoding = ENCODINGS[format]
    this.#encoding = encoding
    this.#resample = encoding.rate === SAMPLE_RATE ? null : resampleTo(encoding.rate)
    this.#frame.alloc()
    this.#packet.alloc()
    const url = `file:${path}`
    check(this.#container.allocOutputContext2(null, encoding.muxer, url), 'alloc_output')
    this.#openEncoder()
    this.#stream = this.#container.newStream()
    check(this.#stream.codecpar.fromContext(this.#encoder), 'parameters_from_context')
    this.#stream.timeBase = new Rational(1, encoding.rate)
    const metadata = metadataOf(tags)
    if (picture && !encoding.takesPicture) metadata['METADATA_BLOCK_PICTURE'] = pictureBlock(picture)
    this.#container.metadata = Dictionary.fromObject(metadata)
    if (!encoding.takesPicture) this.#stream.metadata = Dictionary.fromObject(metadata)
    const cover = picture && encoding.takesPicture ? this.#addPictureStream(picture) : null
    check(this.#container.openOutputSync(), 'open_output')
    check(this.#container.writeHeaderSync(Dictionary.fromObject({ id3v2_version: 3 })), 'write_header')
    if (picture && cover) this.#writePicture(picture, cover)
    const frameSamples = this.#encoder.frameSize || FLAC_FRAME_SAMPLES
    this.#frameBytes = frameSamples * BYTES_PER_STEREO_SAMPLE
  }

  write(pcm: Buffer): void {
    const added = this.#resample ? this.#resample(pcm) : pcm
    const all = this.#waiting.length === 0 ? added : Buffer.concat([this.#waiting, added])
    let start = 0
    for (; all.length - start >= this.#frameBytes; start += this.#frameBytes) {
      this.#encode(all.subarray(start, start + this.#frameBytes))
    }
    this.#waiting = Buffer.from(all.subarray(start))
  }

  finish(): void {
    if (this.#resample) this.#waiting = Buffer.concat([this.#waiting, this.#resample(null)])
    while (this.#waiting.length > 0) {
      this.#encode(this.#waiting.subarray(0, this.#frameBytes))
      this.#waiting = this.#waiting.subarray(this.#frameBytes)
    }
    check(this.#encoder.sendFrameSync(null), 'send_frame')
    this.#writePackets()
    check(this.#container.writeTrailerSync(), 'write_trailer')
    this.#container.closeOutputSync()
    this.#free()
  }

  /** Frees FFmpeg's memory. V8 does not count this memory, so it would not start a garbage collection for it. */
  #free(): void {
    this.#frame.free()
    this.#packet.free()
    this.#encoder.freeContext()
    this.#container.freeContext()
  }

  #openEncoder(): void {
    const { encoder, sampleFormat, rate, bitRate } = this.#encoding
    const codec = Codec.findEncoderByName(encoder)
    if (!codec) throw new Error(`This FFmpeg has no encoder ${encoder}.`)
    this.#encoder.allocContext3(codec)
    this.#encoder.sampleFormat = sampleFormat
    this.#encoder.sampleRate = rate
    this.#encoder.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    this.#encoder.timeBase = new Rational(1, rate)
    this.#encoder.bitRate = bitRate
    if (this.#container.oformat?.hasFlags(AVFMT_GLOBALHEADER)) this.#encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER)
    check(this.#encoder.open2Sync(codec, null), 'open encoder')
  }

  #encode(pcm: Buffer): void {
    const samples = pcm.length / BYTES_PER_STEREO_SAMPLE
    const frame = this.#frame
    frame.unref()
    frame.format = this.#encoding.sampleFormat
    frame.sampleRate = this.#encoding.rate
    frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    frame.nbSamples = samples
    check(frame.getBuffer(0), 'get_buffer')
    fill(frame, pcm, this.#encoding.sampleFormat)
    frame.pts = this.#samples
    this.#samples += BigInt(samples)
    check(this.#encoder.sendFrameSync(frame), 'send_frame')
    this.#writePackets()
  }

  #writePackets(): void {
    while (this.#encoder.receivePacketSync(this.#packet) >= 0) {
      this.#packet.streamIndex = this.#stream.index
      this.#packet.rescaleTs(new Rational(1, this.#encoding.rate), this.#stream.timeBase)
      check(this.#container.interleavedWriteFrameSync(this.#packet), 'write_frame')
    }
  }

  #addPictureStream({ mime }: Picture): Stream {
    const cover = this.#container.newStream()
    cover.codecpar.codecType = AVMEDIA_TYPE_VIDEO
    cover.codecpar.codecId = mime === 'image/png' ? AV_CODEC_ID_PNG : AV_CODEC_ID_MJPEG
    cover.codecpar.width = 1
    cover.codecpar.height = 1
    cover.timeBase = new Rational(1, 90_000)
    cover.setDisposition(AV_DISPOSITION_ATTACHED_PIC)
    return cover
  }

  #writePicture({ bytes }: Picture, cover: Stream): void {
    const packet = new Packet()
    packet.alloc()
    packet.data = bytes
    packet.streamIndex = cover.index
    packet.pts = 0n
    packet.dts = 0n
    packet.flags = AV_PKT_FLAG_KEY
    check(this.#container.interleavedWriteFrameSync(packet), 'write picture')
  }
}

function fill(frame: Frame, pcm: Buffer, format: typeof AV_SAMPLE_FMT_S16): void {
  const samples = pcm.length / BYTES_PER_STEREO_SAMPLE
  if (format === AV_SAMPLE_FMT_S16) {
    check(frame.fromBuffer(pcm), 'fill')
    return
  }
  const isFloat = format === AV_SAMPLE_FMT_FLTP
  const planes = isFloat ? new Float32Array(2 * samples) : new Int16Array(2 * samples)
  const scale = isFloat ? 1 / FULL_SCALE : 1
  for (let i = 0; i < samples; i++) {
    planes[i] = pcm.readInt16LE(4 * i) * scale
    planes[samples + i] = pcm.readInt16LE(4 * i + 2) * scale
  }
  check(frame.fromBuffer(Buffer.from(planes.buffer)), 'fill')
}

function metadataOf({ title, artist, album }: Tags): Record<string, string> {
  return Object.fromEntries(Object.entries({ title, artist, album }).filter(([, value]) => value !== ''))
}

/** Throws node-av's error, whose number distinguishes a full disk from other faults. */
function check(result: number, what: string): void {
  FFmpegError.throwIfError(result, what)
}
