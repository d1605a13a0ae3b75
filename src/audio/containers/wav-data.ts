import { findChunk } from './file-chunks.ts'

/** Programs that cannot rewrite the header leave 0, this number or a larger one as the length of the samples. */
const UNKNOWN_FROM = 0xffff_0000

/** The length of the samples that a WAV file states, in bytes; null when it states none. The file may hold fewer. */
export function wavDataBytes(path: string): number | null {
  const { bytes } = findChunk(path, ['data']) ?? { bytes: 0 }
  return bytes > 0 && bytes < UNKNOWN_FROM ? bytes : null
}
