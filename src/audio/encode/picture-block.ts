import type { Picture } from '../media-messages.ts'

const FRONT_COVER = 3

/** A cover as Ogg stores it: a FLAC picture block (RFC 9639, 8.8) in base64. The sizes in pixels may be 0. */
export function pictureBlock({ mime, bytes }: Picture): string {
  const type = Buffer.from(mime, 'latin1')
  const noDescriptionAndSizes = Buffer.alloc(4 + 4 * 4)
  return Buffer.concat([
    uint32(FRONT_COVER),
    uint32(type.length),
    type,
    noDescriptionAndSizes,
    uint32(bytes.length),
    bytes,
  ]).toString('base64')
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
