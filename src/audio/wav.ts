import { UserError } from '../song/errors.ts'
import { BYTES_PER_SAMPLE, BYTES_PER_STEREO_SAMPLE, CHANNELS, SAMPLE_RATE, WAV_HEADER_BYTES } from '../song/pcm.ts'
import type { Tags } from './media-messages.ts'

const MAX_RIFF_BYTES = 0xffff_ffff
const PCM = 1
const BITS = 16

/**
 * The header of a 16-bit stereo WAV file at 44,100 Hz (RIFF/WAVE, Microsoft 1991). Throws a UserError beyond 4 GiB, which
 * is 6 hours 45 minutes.
 * @param trailerBytes length of what follows the samples (see wavTags)
 */
export function wavHeader({ samples, trailerBytes = 0 }: { samples: number; trailerBytes?: number }): Buffer {
  const dataBytes = samples * BYTES_PER_STEREO_SAMPLE
  const riffBytes = WAV_HEADER_BYTES - 8 + dataBytes + trailerBytes
  if (riffBytes > MAX_RIFF_BYTES) {
    throw new UserError('The sound is too long for a WAV file (4 GiB). Choose flac or a faster tempo.', {
      code: 'too-long',
    })
  }
  const header = Buffer.alloc(WAV_HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(riffBytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(PCM, 20)
  header.writeUInt16LE(CHANNELS, 22)
  header.writeUInt32LE(SAMPLE_RATE, 24)
  header.writeUInt32LE(SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE, 28)
  header.writeUInt16LE(CHANNELS * BYTES_PER_SAMPLE, 32)
  header.writeUInt16LE(BITS, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(dataBytes, 40)
  return header
}

/** The tags as a LIST INFO chunk that follows the samples; empty when there are no tags. */
export function wavTags({ title, artist, album }: Tags): Buffer {
  const fields = [
    ['INAM', title],
    ['IART', artist],
    ['IPRD', album],
  ] as const
  const chunks = fields.filter(([, value]) => value !== '').map(([id, value]) => chunk(id, Buffer.from(`${value}\0`)))
  return chunks.length === 0
    ? Buffer.alloc(0)
    : chunk('LIST', Buffer.concat([Buffer.from('INFO', 'latin1'), ...chunks]))
}

function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(id, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}
