const BIG_ENDIAN_INTEGER = 0
const USE_DESCRIPTIONS = 0
const DESCRIPTION_BYTES = 20

/**
 * A Core Audio file of 16-bit sound (Apple, "Core Audio Format Specification").
 * @param labels where each channel is, in the file's order: 1 left, 2 right, 3 centre, 4 low, 5 and 6 at the back, 10 and 11 at the sides
 */
export function cafOf({
  samples,
  labels,
  rate,
}: {
  /** Interleaved. */
  samples: Int16Array
  labels: readonly number[]
  rate: number
}): Buffer {
  const description = Buffer.alloc(32)
  description.writeDoubleBE(rate, 0)
  description.write('lpcm', 8, 'latin1')
  description.writeUInt32BE(BIG_ENDIAN_INTEGER, 12)
  description.writeUInt32BE(labels.length * 2, 16)
  description.writeUInt32BE(1, 20)
  description.writeUInt32BE(labels.length, 24)
  description.writeUInt32BE(16, 28)
  const layout = Buffer.alloc(12 + labels.length * DESCRIPTION_BYTES)
  layout.writeUInt32BE(USE_DESCRIPTIONS, 0)
  layout.writeUInt32BE(labels.length, 8)
  for (const [index, label] of labels.entries()) layout.writeUInt32BE(label, 12 + index * DESCRIPTION_BYTES)
  const sound = Buffer.from(new Int16Array(samples).buffer).swap16()
  const head = Buffer.from('caff\0\x01\0\0', 'latin1')
  const edits = Buffer.alloc(4)
  return Buffer.concat([
    head,
    chunk('desc', description),
    chunk('chan', layout),
    chunk('data', Buffer.concat([edits, sound])),
  ])
}

function chunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.write(name, 'latin1')
  head.writeBigUInt64BE(BigInt(body.length), 4)
  return Buffer.concat([head, body])
}
