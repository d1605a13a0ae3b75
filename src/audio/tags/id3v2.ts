import { readSync } from 'node:fs'
import { findChunk } from '../containers/file-chunks.ts'
import { syncsafe } from '../containers/syncsafe.ts'
import { withFile } from '../containers/with-file.ts'

/** FFmpeg's names of the frames, by their ids in versions 2.3 and 2.4 (four letters) and 2.2 (three letters). */
const NAMES: Readonly<Record<string, string>> = {
  TIT2: 'title',
  TPE1: 'artist',
  TPE2: 'album_artist',
  TALB: 'album',
  TT2: 'title',
  TP1: 'artist',
  TP2: 'album_artist',
  TAL: 'album',
}
const HEADER_BYTES = 10
/** The header of DSF holds the offset of the tag (DSF File Format Specification 1.01, Sony). */
const DSF_HEADER_BYTES = 28
const DSF_POINTER_AT = 20
const EXTENDED = 0x40
const LATIN_1 = 0
/** The limit is enough because text frames come first. A hostile file could consist of millions of frames. */
const MAX_FRAMES = 200

/**
 * The names of the ID3v2 texts that are marked as ISO 8859-1 (id3.org/id3v2.3.0). Many programs write their own code page under
 * that mark. FFmpeg trusts the mark, and its result does not show which texts had it. The tag is at the beginning of a file, or
 * in a chunk of WAV, AIFF and DSF.
 */
export function latin1Names(path: string): ReadonlySet<string> {
  const names = new Set<string>()
  return withFile(path, (file) => {
    const read = (bytes: number, at: number): Buffer => {
      const buffer = Buffer.alloc(bytes)
      return buffer.subarray(0, readSync(file, buffer, 0, bytes, at))
    }
    const start = startOfTag(path, read(DSF_HEADER_BYTES, 0))
    const header = read(HEADER_BYTES, start)
    if (header.subarray(0, 3).toString('latin1') !== 'ID3' || header.length < HEADER_BYTES) return names
    const version = header[3] ?? 0
    const idBytes = version === 2 ? 3 : 4
    const frameHeaderBytes = version === 2 ? 6 : 10
    let at = start + HEADER_BYTES
    if (version > 2 && (header[5] ?? 0) & EXTENDED) at += version === 3 ? 4 + big(read(4, at)) : syncsafe(read(4, at))
    for (let frame = 0; frame < MAX_FRAMES; frame++) {
      const bytes = read(frameHeaderBytes + 1, at)
      const id = bytes.subarray(0, idBytes).toString('latin1')
      if (!/^[A-Z0-9]+$/.test(id) || bytes.length <= frameHeaderBytes) break
      const name = NAMES[id]
      if (name && bytes[frameHeaderBytes] === LATIN_1) names.add(name)
      const size = bytes.subarray(idBytes, 2 * idBytes)
      at += frameHeaderBytes + (version === 4 ? syncsafe(size) : big(size))
    }
    return names
  })
}

function startOfTag(path: string, head: Buffer): number {
  const kind = head.toString('latin1', 0, 4)
  if (kind === 'RIFF' || kind === 'FORM') return findChunk(path, ['ID3 ', 'id3 '])?.offset ?? 0
  if (kind !== 'DSD ' || head.length < DSF_HEADER_BYTES) return 0
  const start = head.readBigUInt64LE(DSF_POINTER_AT)
  return start <= Number.MAX_SAFE_INTEGER ? Number(start) : 0
}

function big(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}
