import { AV_DISPOSITION_ATTACHED_PIC, AV_LOG_QUIET, AVDISCARD_ALL, AVMEDIA_TYPE_VIDEO } from 'node-av/constants'
import { Codec, CodecContext, Dictionary, FFmpegError, FormatContext, Log, Packet, type Stream } from 'node-av/lib'
import { MediaFault } from '../media-fault.ts'
import type { Picture, SoundInfo } from '../media-messages.ts'
import { readTags } from '../tags/read-tags.ts'
import { announcedSecondsOf } from './announced-length.ts'
import { chooseTrack } from './choose-track.ts'
import { checkReadable, type PacketEvents, packetsOf } from './packets.ts'
import { fourByteCodec, hasFourByteSamples } from './samples-in-four-bytes.ts'

/** Containers of sound only. With playlists, FFmpeg would open the other files that they name. */
const DEMUXERS =
  'aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,m4a,matroska,mov,mp3,mp4,mpc,mpc8,mpeg,mpegts,ogg,rm,tak,tta,w64,wav,webm,wv,xwma'
const PROTOCOLS = 'file,pipe'
const MAX_PICTURE_BYTES = 16 << 20

Log.setLevel(AV_LOG_QUIET)

export type OpenSound = {
  path: string
  container: FormatContext
  stream: Stream
  decoder: CodecContext
  info: SoundInfo
  /** Whether the file has no other streams than this one and covers. */
  isAlone: boolean
  /** The stream's packets from its beginning; see `packetsOf`. */
  packets(events?: PacketEvents): Generator<Packet, void>
  /** The stream's packets from the position to which the container has sought. */
  packetsFromHere(events?: PacketEvents): Generator<Packet, void>
}

/**
 * Opens a file and a decoder for its sound. FFmpeg itself drops the encoder's delay at the beginning and its padding at the
 * end. Throws a MediaFault with a message for the user.
 * @param soundTrack which sound track, from 1; null for FFmpeg's choice
 * @param skipBytes bytes at the beginning of the file to ignore
 */
export function openSound(
  path: string,
  { soundTrack = null, skipBytes = 0 }: { soundTrack?: number | null; skipBytes?: number } = {},
): OpenSound {
  const container = new FormatContext()
  const options = Dictionary.fromObject({
    format_whitelist: DEMUXERS,
    protocol_whitelist: PROTOCOLS,
    skip_initial_bytes: String(skipBytes),
  })
  if (container.openInputSync(`file:${path}`, null, options) < 0) {
    checkReadable(path, skipBytes)
    throw new MediaFault('undecodable', 'This is no file of sound that can be read.')
  }
  const announced = announcedLengths(path, container)
  for (const stream of container.streams ?? []) {
    if (hasFourByteSamples(stream)) stream.codecpar.codecId = fourByteCodec(stream, path)
  }
  container.findStreamInfoSync()
  const streams = container.streams ?? []
  const { stream, notes } = chooseTrack(container, soundTrack)
  if (!stream) {
    const hasVideo = streams.some(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO)
    throw new MediaFault('no-sound', hasVideo ? 'There is a picture in it, but no sound.' : 'There is no sound in it.')
  }
  const { index } = stream
  for (const other of streams) {
    if (other.index !== index && !isCover(other)) other.discard = AVDISCARD_ALL
  }
  const codec = Codec.findDecoder(stream.codecpar.codecId)
  if (!codec) throw new MediaFault('undecodable', 'Its audio codec is not supported.')
  const decoder = new CodecContext()
  decoder.allocContext3(codec)
  FFmpegError.throwIfError(decoder.parametersToContext(stream.codecpar), 'parametersToContext')
  decoder.pktTimebase = stream.timeBase
  decoder.threadCount = 1
  if (decoder.open2Sync(codec, null) < 0)
    throw new MediaFault('undecodable', 'Its sound is damaged: the decoder refuses it.')
  const { picture, first, hasCover } = readPicture(container, streams)
  if (hasCover && !picture) notes.push('Its cover is left out: only JPEG and PNG of at most 16 MB are kept.')
  return {
    path,
    container,
    stream,
    decoder,
    isAlone: streams.every((other) => other.index === index || isCover(other)),
    packets: (events) => packetsOf({ path, container, index, first }, events),
    packetsFromHere: (events) => packetsOf({ path, container, index, first: null }, events),
    info: {
      tags: readTags({ path, container, stream }),
      picture,
      notes,
      announcedSeconds: announced[index] ?? null,
      sampleRate: stream.codecpar.sampleRate,
      channels: stream.codecpar.channels,
      codec: codec.name ?? 'unknown',
      container: container.iformat?.name ?? 'unknown',
    },
  }
}

/** The stated length of each stream in the file's header; see `announcedSecondsOf`. */
function announcedLengths(path: string, container: FormatContext): (number | null)[] {
  const streams = container.streams ?? []
  const isAlone = streams.filter((stream) => !isCover(stream)).length === 1
  return streams.map((stream) => announcedSecondsOf({ path, container, stream, isAlone }))
}

function isCover(stream: Stream): boolean {
  return stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC)
}

/**
 * Reads the cover from its packet, which comes before all others. (`Stream.attachedPic` of node-av 6.1 crashes the process.)
 * @returns the cover, and the first packet that belongs to no cover
 */
function readPicture(
  container: FormatContext,
  streams: readonly Stream[],
): { picture: Picture | null; first: Packet | null; hasCover: boolean } {
  const covers = new Set(streams.filter(isCover).map(({ index }) => index))
  if (covers.size === 0) return { picture: null, first: null, hasCover: false }
  let picture: Picture | null = null
  for (;;) {
    const packet = new Packet()
    packet.alloc()
    if (container.readFrameSync(packet) < 0) return { picture, first: null, hasCover: true }
    if (!covers.has(packet.streamIndex)) return { picture, first: packet, hasCover: true }
    picture ??= pictureOf(packet.data)
    packet.free()
  }
}

function pictureOf(bytes: Buffer | null): Picture | null {
  if (!bytes || bytes.length > MAX_PICTURE_BYTES) return null
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { mime: 'image/jpeg', bytes: Buffer.from(bytes) }
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return { mime: 'image/png', bytes: Buffer.from(bytes) }
  return null
}
