/** A number of seven bits a byte (id3.org/id3v2.4.0-structure, 6.2). */
export function syncsafe(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0)
}
