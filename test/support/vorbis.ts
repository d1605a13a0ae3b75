import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_LIBVORBIS,
} from 'node-av/constants'
import { check, encodeFile } from './encode-file.ts'
import { randomNumbers } from './songs.ts'

/** Writes an Ogg Vorbis file of noise that depends on the seed. Returns its bytes. */
export async function makeVorbis({
  path,
  rate,
  channels,
  seconds,
  seed,
}: {
  path: string
  rate: number
  channels: 1 | 2
  seconds: number
  seed: number
}): Promise<Buffer> {
  const random = randomNumbers(seed)
  return encodeFile({
    path,
    container: 'ogg',
    encoder: FF_ENCODER_LIBVORBIS,
    sampleFormat: AV_SAMPLE_FMT_FLTP,
    rate,
    layout: channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO,
    samples: rate * seconds,
    fill(frame) {
      const noise = Float32Array.from({ length: frame.nbSamples * channels }, () => random() - 0.5)
      check(frame.fromBuffer(Buffer.from(noise.buffer)))
    },
  })
}
