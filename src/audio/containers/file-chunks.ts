import { readSync } from 'node:fs'
import { withFile } from './with-file.ts'

const FILE_HEAD_BYTES = 12
const CHUNK_HEAD_BYTES = 8
/** No program writes this many chunks. */
const MAX_CHUNKS = 1_000

/**
 * Finds the first chunk with one of these names in a WAV file (RIFF/WAVE, Microsoft 1991) or an AIFF file (AIFF 1.3, Apple
 * 1989). Returns the offset of its content and the length that the file states; null when there is no such chunk.
 */
export function findChunk(path: string, names: readonly string[]): { offset: number; bytes: number } | null {
  return withFile(path, (file) => {
    const head = Buffer.alloc(CHUNK_HEAD_BYTES)
    if (readSync(file, head, 0, CHUNK_HEAD_BYTES, 0) < CHUNK_HEAD_BYTES) return null
    const isBigEndian = head.toString('latin1', 0, 4) === 'FORM'
    let at = FILE_HEAD_BYTES
    for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
      if (readSync(file, head, 0, CHUNK_HEAD_BYTES, at) < CHUNK_HEAD_BYTES) return null
      const bytes = isBigEndian ? head.readUInt32BE(4) : head.readUInt32LE(4)
      at += CHUNK_HEAD_BYTES
      if (names.includes(head.toString('latin1', 0, 4))) return { offset: at, bytes }
      at += bytes + (bytes % 2)
    }
    return null
  })
}
