/** The only format of sound inside the program: 16-bit signed little-endian PCM, two interleaved channels, 44,100 Hz. */
export const SAMPLE_RATE = 44_100
export const CHANNELS = 2
export const BYTES_PER_SAMPLE = 2
/** One sample of both channels. Positions and lengths named "samples" count these. */
export const BYTES_PER_STEREO_SAMPLE = CHANNELS * BYTES_PER_SAMPLE

/** Views little-endian bytes as samples. Copies them only if they begin at an odd address. */
export function samplesOf(bytes: Buffer): Int16Array {
  const aligned = bytes.byteOffset % BYTES_PER_SAMPLE === 0 ? bytes : new Uint8Array(bytes)
  return new Int16Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / BYTES_PER_SAMPLE))
}

export function bytesOf(samples: Int16Array | Float32Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
}

/** The 16-bit steps of the amplitude 1. */
export const FULL_SCALE = 32_768
export const LOWEST = -FULL_SCALE
export const HIGHEST = FULL_SCALE - 1
/** Bytes of one value of the partial sums (float32). */
export const FLOAT_BYTES = 4

/** The nearest value that 16 bits can hold. */
export function clip(value: number): number {
  return value > HIGHEST ? HIGHEST : value < LOWEST ? LOWEST : value
}

/** Offset of the samples in every WAV file that this program writes. */
export const WAV_HEADER_BYTES = 44
