import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_QUIET,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants'
import { Codec, CodecContext, Dictionary, FFmpegError, FormatContext, Log, Packet, type Stream } from 'node-av/lib'
import { MediaFault } from './media-fault.ts'
import type { Picture, SoundInfo, Tags } from './media-messages.ts'

/** Containers of sound. No playlists, no pictures, no scripts: FFmpeg follows playlists into other files, whatever their name. */
const DEMUXERS =
  'aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,m4a,matroska,mov,mp3,mp4,mpc,mpc8,mpeg,mpegts,ogg,rm,tak,tta,w64,wav,webm,wv,xwma'
const PROTOCOLS = 'file,pipe'
const LONGEST_TAG = 500
const LARGEST_PICTURE_BYTES = 16 << 20
const MICROSECONDS = 1_000_000

Log.setLevel(AV_LOG_QUIET)

export type OpenSound = {
  path: string
  container: FormatContext
  stream: Stream
  decoder: CodecContext
  info: SoundInfo
  /** The stream's packets from its beginning, each valid until the next. */
  packets(): Generator<Packet, void>
}

/**
 * Opens a file and a decoder for the stream of sound FFmpeg would choose, or the given one of a file with several.
 * Throws MediaFault in words for a person.
 */
export function openSound(path: string, streamIndex?: number): OpenSound {
  const container = new FormatContext()
  const options = Dictionary.fromObject({ format_whitelist: DEMUXERS, protocol_whitelist: PROTOCOLS })
  if (container.openInputSync(`file:${path}`, null, options) < 0) {
    throw new MediaFault('undecodable', 'This is no file of sound that can be read.')
  }
  container.findStreamInfoSync()
  const streams = container.streams ?? []
  const index = streamIndex ?? container.findBestStream(AVMEDIA_TYPE_AUDIO)
  const stream = index < 0 ? undefined : streams[index]
  if (!stream) {
    const hasVideo = streams.some(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO)
    throw new MediaFault('no-sound', hasVideo ? 'There is a picture in it, but no sound.' : 'There is no sound in it.')
  }
  for (const other of streams) {
    if (other.index !== index && !isCover(other)) other.discard = AVDISCARD_ALL
  }
  const codec = Codec.findDecoder(stream.codecpar.codecId)
  if (!codec) throw new MediaFault('undecodable', 'Its kind of sound is not known here.')
  const decoder = new CodecContext()
  decoder.allocContext3(codec)
  FFmpegError.throwIfError(decoder.parametersToContext(stream.codecpar), 'parametersToContext')
  decoder.pktTimebase = stream.timeBase
  decoder.threadCount = 1
  if (decoder.open2Sync(codec, null) < 0)
    throw new MediaFault('undecodable', 'Its sound is damaged: no decoder takes it.')
  const { picture, first } = readPicture(container, streams)
  return {
    path,
    container,
    stream,
    decoder,
    packets: () => packetsOf({ container, index, first }),
    info: {
      tags: tagsOf(container, stream),
      picture,
      announcedSeconds: container.duration > 0n ? Number(container.duration) / MICROSECONDS : null,
      sampleRate: stream.codecpar.sampleRate,
      channels: stream.codecpar.channels,
      codec: codec.name ?? 'unknown',
      container: container.iformat?.name ?? 'unknown',
    },
  }
}

/** Ogg keeps its tags in the stream, everybody else in the container. */
function tagsOf(container: FormatContext, stream: Stream): Tags {
  const all = { ...stream.metadata?.getAll(), ...container.metadata?.getAll() }
  const byName = new Map(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value]))
  const first = (...names: string[]) => cleanTag(names.map((name) => byName.get(name)).find(Boolean) ?? '')
  return { title: first('title'), artist: first('artist', 'album_artist'), album: first('album') }
}

function cleanTag(value: string): string {
  const printable = value
    .replace(/\p{Cc}+/gu, ' ')
    .normalize('NFC')
    .trim()
  return [...printable].slice(0, LONGEST_TAG).join('')
}

function isCover(stream: Stream): boolean {
  return stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC)
}

/**
 * A cover comes as a packet ahead of all others (`Stream.attachedPic` of node-av 6.1 crashes the process).
 * @returns the cover, and the first packet that is none
 */
function readPicture(
  container: FormatContext,
  streams: readonly Stream[],
): { picture: Picture | null; first: Packet | null } {
  const covers = new Set(streams.filter(isCover).map(({ index }) => index))
  if (covers.size === 0) return { picture: null, first: null }
  let picture: Picture | null = null
  for (;;) {
    const packet = new Packet()
    packet.alloc()
    if (container.readFrameSync(packet) < 0) return { picture, first: null }
    if (!covers.has(packet.streamIndex)) return { picture, first: packet }
    picture ??= pictureOf(packet.data)
    packet.free()
  }
}

function* packetsOf({
  container,
  index,
  first,
}: {
  container: FormatContext
  index: number
  first: Packet | null
}): Generator<Packet, void> {
  const packet = new Packet()
  packet.alloc()
  if (first?.streamIndex === index) yield first
  while (container.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === index) yield packet
    packet.unref()
  }
}

function pictureOf(bytes: Buffer | null): Picture | null {
  if (!bytes || bytes.length > LARGEST_PICTURE_BYTES) return null
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { mime: 'image/jpeg', bytes: Buffer.from(bytes) }
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return { mime: 'image/png', bytes: Buffer.from(bytes) }
  return null
}
