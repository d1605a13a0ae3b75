import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants'
import { Frame, type Packet } from 'node-av/lib'
import type { OpenSound } from '../open/open-sound.ts'
import { nameChannels } from './channel-layout.ts'

/**
 * Decodes packets to frames. Each frame is valid until the next.
 * @param packets by default the sound's own, from its present position
 * @param onDamaged called for each packet that the decoder refuses
 */
export function* framesOf(
  { decoder, packets: own }: OpenSound,
  { packets = own(), onDamaged = () => undefined }: { packets?: Iterable<Packet>; onDamaged?(): void } = {},
): Generator<Frame, void> {
  const frame = new Frame()
  frame.alloc()

  function* receiveAll(): Generator<Frame, void> {
    for (;;) {
      const result = decoder.receiveFrameSync(frame)
      if (result < 0) {
        if (result !== AVERROR_EOF && result !== AVERROR_EAGAIN) onDamaged()
        return
      }
      nameChannels(frame)
      yield frame
      frame.unref()
    }
  }

  for (const packet of packets) {
    if (decoder.sendPacketSync(packet) < 0) onDamaged()
    yield* receiveAll()
  }
  decoder.sendPacketSync(null)
  yield* receiveAll()
}
