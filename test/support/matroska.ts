/** Matroska files by hand (RFC 9559): tracks that start and end where they like, with names, and attachments. */

export type MatroskaTrack = {
  codec: string
  /** Of one packet, in ms, and what is in each. */
  packetMs: number
  packets: readonly Buffer[]
  startMs?: number
  language?: string
  title?: string
  codecPrivate?: Buffer
} & ({ rate: number; channels: number; bits?: number } | { width: number; height: number })

export type Attachment = { name: string; mime: string; bytes: Buffer }

export function matroskaOf({
  tracks,
  attachments = [],
}: {
  tracks: readonly MatroskaTrack[]
  attachments?: readonly Attachment[]
}): Buffer {
  const endOf = ({ startMs = 0, packets, packetMs }: MatroskaTrack) => startMs + packets.length * packetMs
  const info = element(0x1549a966, [
    number(0x2ad7b1, 1_000_000),
    decimal(0x4489, Math.max(...tracks.map(endOf))),
    text(0x4d80, 'test'),
  ])
  const files = attachments.map(({ name, mime, bytes }, index) =>
    element(0x61a7, [text(0x466e, name), text(0x4660, mime), element(0x465c, [bytes]), number(0x46ae, index + 1)]),
  )
  const blocks = tracks
    .flatMap(({ packets, packetMs, startMs = 0 }, track) =>
      packets.map((bytes, index) => ({ bytes, track: track + 1, ms: startMs + index * packetMs })),
    )
    .sort((a, b) => a.ms - b.ms)
  const clusters = blocks.map(({ bytes, track, ms }) =>
    element(0x1f43b675, [number(0xe7, ms), element(0xa3, [Buffer.from([0x80 | track, 0, 0, 0x80]), bytes])]),
  )
  const head = element(0x1a45dfa3, [text(0x4282, 'matroska'), number(0x4287, 4), number(0x4285, 2)])
  const body = [info, element(0x1654ae6b, tracks.map(entryOf)), element(0x1941a469, files), ...clusters]
  return Buffer.concat([head, element(0x18538067, body)])
}

/** PCM, 16 bits, as a track of a packet a second. */
export function pcmTrack(song: Int16Array, more: Partial<MatroskaTrack> = {}): MatroskaTrack {
  const bytes = Buffer.from(song.buffer, song.byteOffset, song.byteLength)
  const packets = Array.from({ length: Math.ceil(bytes.length / SECOND_BYTES) }, (_, second) =>
    bytes.subarray(second * SECOND_BYTES, (second + 1) * SECOND_BYTES),
  )
  return {
    codec: 'A_PCM/INT/LIT',
    packetMs: 1_000,
    packets,
    rate: 44_100,
    channels: 2,
    bits: 16,
    ...more,
  } as MatroskaTrack
}

const SECOND_BYTES = 44_100 * 4

/** A picture a second that nobody has to be able to decode. */
export function pictureTrack(seconds: number): MatroskaTrack {
  const packets = Array.from({ length: seconds }, () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]))
  return { codec: 'V_MJPEG', packetMs: 1_000, packets, width: 16, height: 16 }
}

function entryOf(track: MatroskaTrack, index: number): Buffer {
  const { codec, language, title, codecPrivate } = track
  const kind =
    'rate' in track
      ? element(0xe1, [decimal(0xb5, track.rate), number(0x9f, track.channels), number(0x6264, track.bits ?? 16)])
      : element(0xe0, [number(0xb0, track.width), number(0xba, track.height)])
  return element(0xae, [
    number(0xd7, index + 1),
    number(0x73c5, index + 1),
    number(0x83, 'rate' in track ? 2 : 1),
    text(0x86, codec),
    ...(language ? [text(0x22b59c, language)] : []),
    ...(title ? [text(0x536e, title)] : []),
    ...(codecPrivate ? [element(0x63a2, [codecPrivate])] : []),
    kind,
  ])
}

/** An EBML element (RFC 8794) with a size of eight bytes. */
function element(id: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE((1n << 56n) | BigInt(body.length))
  const hex = id.toString(16)
  return Buffer.concat([Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'), size, body])
}

function number(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return element(id, [bytes])
}

function decimal(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return element(id, [bytes])
}

function text(id: number, value: string): Buffer {
  return element(id, [Buffer.from(value)])
}
