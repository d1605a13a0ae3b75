import { readSync } from 'node:fs'
import { withFile } from './with-file.ts'

const READ_BYTES = 1 << 18
const HEADER_BYTES = 32
const MAX_BLOCK_BYTES = 1 << 20
const MIN_VERSION = 0x402
const MAX_VERSION = 0x410

/** The offset of the first WavPack block at or after `from` (wavpack.com, file formats 4 and 5); null when there is none. */
export function nextWavPackBlock(path: string, from: number): number | null {
  return withFile(path, (file) => {
    const bytes = Buffer.alloc(READ_BYTES)
    for (let offset = from; ; offset += READ_BYTES - HEADER_BYTES) {
      const block = bytes.subarray(0, readSync(file, bytes, 0, READ_BYTES, offset))
      for (let at = block.indexOf('wvpk'); at >= 0; at = block.indexOf('wvpk', at + 1)) {
        if (isHeader(block.subarray(at, at + HEADER_BYTES))) return offset + at
      }
      if (block.length < READ_BYTES) return null
    }
  })
}

function isHeader(header: Buffer): boolean {
  if (header.length < HEADER_BYTES) return false
  const version = header.readUInt16LE(8)
  return header.readUInt32LE(4) <= MAX_BLOCK_BYTES && version >= MIN_VERSION && version <= MAX_VERSION
}
