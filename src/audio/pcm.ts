/** The one format of sound inside: 16-bit signed little-endian PCM, two channels interleaved, 44,100 frames a second. */
export const SAMPLE_RATE = 44_100
export const CHANNELS = 2
export const BYTES_PER_SAMPLE = 2
/** Bytes of one sample of both channels; positions and lengths named "samples" count these. */
export const BYTES_PER_STEREO_SAMPLE = CHANNELS * BYTES_PER_SAMPLE
