import { readFile } from 'node:fs/promises'
import type { AVSampleFormat, FFEncoderCodec } from 'node-av/constants'
import {
  type ChannelLayout,
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
} from 'node-av/lib'

/**
 * Encodes sound with one of FFmpeg's encoders into a file, and returns the file's bytes.
 * @param fill writes the samples of a frame, which begins at this sample of the sound
 */
export async function encodeFile({
  path,
  container: containerName,
  encoder: encoderName,
  sampleFormat,
  rate,
  layout,
  samples,
  fill,
}: {
  path: string
  container: string
  encoder: FFEncoderCodec
  sampleFormat: AVSampleFormat
  rate: number
  layout: ChannelLayout
  samples: number
  fill(frame: Frame, firstSample: number): void
}): Promise<Buffer> {
  const codec = Codec.findEncoderByName(encoderName)
  if (!codec) throw new Error(`This FFmpeg has no encoder ${encoderName}.`)
  const timeBase = new Rational(1, rate)
  const encoder = new CodecContext()
  encoder.allocContext3(codec)
  encoder.sampleFormat = sampleFormat
  encoder.sampleRate = rate
  encoder.channelLayout = layout
  encoder.timeBase = timeBase
  check(encoder.open2Sync(codec, null))
  const container = new FormatContext()
  check(container.allocOutputContext2(null, containerName, `file:${path}`))
  const stream = container.newStream()
  check(stream.codecpar.fromContext(encoder))
  check(container.openOutputSync())
  check(container.writeHeaderSync(null))
  const packet = new Packet()
  packet.alloc()
  const writePackets = (): void => {
    while (encoder.receivePacketSync(packet) >= 0) {
      packet.rescaleTs(timeBase, stream.timeBase)
      check(container.interleavedWriteFrameSync(packet))
    }
  }
  for (let done = 0; done < samples; done += encoder.frameSize) {
    const frame = new Frame()
    frame.alloc()
    frame.format = sampleFormat
    frame.sampleRate = rate
    frame.channelLayout = layout
    frame.nbSamples = Math.min(encoder.frameSize, samples - done)
    check(frame.getBuffer(0))
    fill(frame, done)
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

export function check(result: number): void {
  FFmpegError.throwIfError(result, 'the encoding of a test file')
}
