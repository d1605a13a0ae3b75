import { findChunk } from './file-chunks.ts'

/** Programs that cannot go back to the header leave 0 or nearly the largest number there. */
const UNTOLD_FROM = 0xffff_0000

/** How many bytes of samples a WAV file says that it has, there or not; null where it does not. */
export function wavDataBytes(path: string): number | null {
  const { bytes } = findChunk(path, ['data']) ?? { bytes: 0 }
  return bytes > 0 && bytes < UNTOLD_FROM ? bytes : null
}
