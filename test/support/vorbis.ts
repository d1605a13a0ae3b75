import { readFile } from 'node:fs/promises'
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_LIBVORBIS,
} from 'node-av/constants'
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib'
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
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBVORBIS)
  if (!codec) throw new Error('This FFmpeg has no encoder for Vorbis.')
  const layout = channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO
  const encoder = new CodecContext()
  encoder.allocContext3(codec)
  encoder.sampleFormat = AV_SAMPLE_FMT_FLTP
  encoder.sampleRate = rate
  encoder.channelLayout = layout
  encoder.timeBase = new Rational(1, rate)
  check(encoder.open2Sync(codec, null))
  const container = new FormatContext()
  check(container.allocOutputContext2(null, 'ogg', `file:${path}`))
  const stream = container.newStream()
  check(stream.codecpar.fromContext(encoder))
  check(container.openOutputSync())
  check(container.writeHeaderSync(null))
  const packet = new Packet()
  packet.alloc()
  const writePackets = () => {
    while (encoder.receivePacketSync(packet) >= 0) {
      packet.rescaleTs(new Rational(1, rate), stream.timeBase)
      check(container.interleavedWriteFrameSync(packet))
    }
  }
  const random = randomNumbers(seed)
  for (let done = 0; done < rate * seconds; done += encoder.frameSize) {
    const frame = new Frame()
    frame.alloc()
    frame.format = AV_SAMPLE_FMT_FLTP
    frame.sampleRate = rate
    frame.channelLayout = layout
    frame.nbSamples = Math.min(encoder.frameSize, rate * seconds - done)
    check(frame.getBuffer(0))
    const noise = Float32Array.from({ length: frame.nbSamples * channels }, () => random() - 0.5)
    check(frame.fromBuffer(Buffer.from(noise.buffer)))
    frame.pts = BigInt(done)
    check(encoder.sendFrameSync(frame))
    writePackets()
    frame.free()
  }
  check(encoder.sendFrameSync(null))
  writePackets()
  check(container.writeTrailerSync())
  container.closeOutputSync()
  return readFile(path)
}

function check(result: number): void {
  FFmpegError.throwIfError(result, 'vorbis')
}
