/* Sound with tags of arbitrary bytes, which encoders would not write. */

const TEXT_BYTES = 30
const FRAME_BYTES = 417
const FRAMES = 60

/** A second and a half of silence, MPEG 1 layer III at 128 kbit/s and 44,100 Hz. */
export function silentMp3(): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES)
  frame.writeUInt32BE(0xfffb9064)
  return Buffer.concat(Array.from({ length: FRAMES }, () => frame))
}

/** An ID3v1 tag, which follows the sound. Texts are cut to 30 bytes. */
export function id3v1({ title, artist, album }: { title?: Buffer; artist?: Buffer; album?: Buffer }): Buffer {
  const tag = Buffer.alloc(128)
  tag.write('TAG', 'latin1')
  for (const [index, text] of [title, artist, album].entries()) text?.copy(tag, 3 + TEXT_BYTES * index, 0, TEXT_BYTES)
  return tag
}

/** An ID3v2.3 tag, which comes before the sound: encoding byte and text by frame id. */
export function id3v2(frames: Record<string, { encoding: number; text: Buffer }>): Buffer {
  const body = Buffer.concat(
    Object.entries(frames).map(([id, { encoding, text }]) => {
      const head = Buffer.alloc(11)
      head.write(id, 'latin1')
      head.writeUInt32BE(text.length + 1, 4)
      head[10] = encoding
      return Buffer.concat([head, text])
    }),
  )
  const head = Buffer.from('ID3\x03\0\0\0\0\0\0', 'latin1')
  for (let byte = 0; byte < 4; byte++) head[9 - byte] = (body.length >> (7 * byte)) & 0x7f
  return Buffer.concat([head, body])
}

/** A LIST INFO chunk, which follows the samples of a WAV file. */
export function riffInfo(fields: Record<string, Buffer>): Buffer {
  const chunks = Object.entries(fields).map(([id, value]) => chunk(id, Buffer.concat([value, Buffer.alloc(1)])))
  return chunk('LIST', Buffer.concat([Buffer.from('INFO', 'latin1'), ...chunks]))
}

/** An ID3v2 tag as a chunk, which follows the samples of a WAV file. @param picture see `pictureFrame` */
export function id3Chunk({ title, artist, picture }: { title: string; artist: string; picture: Buffer }): Buffer {
  const latin1 = (text: string) => ({ encoding: 0, text: Buffer.from(text, 'latin1') })
  return chunk('id3 ', id3v2({ TIT2: latin1(title), TPE1: latin1(artist), APIC: { encoding: 0, text: picture } }))
}

/** The text of the frame APIC: a PNG as the front cover. */
export function pictureFrame(png: Buffer): Buffer {
  return Buffer.concat([Buffer.from('image/png\0\x03\0', 'latin1'), png])
}

function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(id, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

/** A text in a code page. Throws when the code page lacks one of its characters. */
export function encoded(label: string, text: string): Buffer {
  const bytesOf = tableOf(label)
  return Buffer.concat(
    [...text].map((character) => {
      const bytes = bytesOf.get(character)
      if (!bytes) throw new Error(`${label} has no ${character}`)
      return bytes
    }),
  )
}

const tables = new Map<string, Map<string, Buffer>>()

function tableOf(label: string): Map<string, Buffer> {
  const known = tables.get(label)
  if (known) return known
  const table = new Map<string, Buffer>()
  const decoder = new TextDecoder(label, { fatal: true })
  const add = (...bytes: number[]): void => {
    try {
      const text = decoder.decode(Uint8Array.from(bytes))
      if ([...text].length === 1 && !table.has(text)) table.set(text, Buffer.from(bytes))
    } catch {
      // these bytes encode no character
    }
  }
  for (let byte = 0; byte < 256; byte++) add(byte)
  if (!label.startsWith('windows')) {
    for (let lead = 0x81; lead < 0xff; lead++) for (let trail = 0x40; trail < 0xff; trail++) add(lead, trail)
  }
  tables.set(label, table)
  return table
}
