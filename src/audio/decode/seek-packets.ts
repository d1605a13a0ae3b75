import { setImmediate } from 'node:timers/promises'
import { AVSEEK_FLAG_BACKWARD, AVSEEK_FLAG_BYTE } from 'node-av/constants'
import type { Frame, Packet } from 'node-av/lib'
import { findMp3Frame, LARGEST_MP3_FRAME_BYTES } from '../containers/mp3-frames.ts'
import { MediaFault } from '../media-fault.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { framesOf } from './frames.ts'

/** Containers that seek exactly. The others guess a position, so their packets are read from the beginning instead. */
const EXACT = /\b(flac|ogg|wav|w64|aiff|mov|matroska)\b/
const PACKETS_BETWEEN_YIELDS = 20_000
/** More than any encoder appends to the end of a song. */
const PADDING_SECONDS = 1

/** The time stamp of the first sample that is heard, in the stream's time base; null when there are no time stamps. */
export function firstTime(path: string, track: number | null): bigint | null {
  for (const frame of framesOf(openSound(path, { track }))) return timeOf(frame)
  return null
}

export function timeOf({ pts }: Frame): bigint | null {
  return pts < -(1n << 60n) ? null : pts
}

export function positionUnknown(): MediaFault {
  return new MediaFault('undecodable', 'It does not tell where in it a moment lies.')
}

/**
 * The packets from a moment on, or from a little before it. Throws a MediaFault when the moment's place in the file cannot be
 * determined.
 * @param seconds where the packets begin, in the song
 * @param endSeconds how far the caller will read
 * @param origin the song's first time stamp
 */
export async function packetsFrom(
  sound: OpenSound,
  {
    seconds,
    endSeconds,
    origin,
    onDamaged,
  }: { seconds: number; endSeconds: number; origin: bigint; onDamaged(): void },
): Promise<Iterable<Packet>> {
  const { num, den } = sound.stream.timeBase
  const time = origin + BigInt(Math.floor((seconds * den) / num))
  if (EXACT.test(sound.info.container)) {
    sound.container.seekFrameSync(sound.stream.index, time, AVSEEK_FLAG_BACKWARD)
    return sound.packetsFromHere({ onDamaged })
  }
  const isMp3 = sound.info.container === 'mp3'
  const found = isMp3 ? mp3PacketsFrom(sound, { seconds, endSeconds }) : null
  if (found) return found
  const packets = sound.packets({ onDamaged })
  for (let count = 1; ; count++) {
    const { value: packet, done } = packets.next()
    if (done || packet.pts >= time) return packets
    // A larger packet contains damage of unknown length.
    if (isMp3 && packet.size > LARGEST_MP3_FRAME_BYTES) throw positionUnknown()
    if (count % PACKETS_BETWEEN_YIELDS === 0) await setImmediate()
  }
}

/**
 * The packets of an mp3 from a moment on, found by counting its frames. They get their time stamps from that count, because
 * the demuxer's are wrong after a seek. Null when the frames cannot be counted, and near the end: the demuxer removes the
 * encoder's padding only if it has read the whole file.
 */
function mp3PacketsFrom(
  { container, stream, info, path, packetsFromHere }: OpenSound,
  { seconds, endSeconds }: { seconds: number; endSeconds: number },
): Iterable<Packet> | null {
  const first = findMp3Frame(path, 0)
  if (!first) return null
  const indexAt = (time: number) => Math.floor((time * info.sampleRate) / first.frameSamples)
  const index = indexAt(seconds)
  const place = findMp3Frame(path, index)
  if (!place || !findMp3Frame(path, indexAt(endSeconds + PADDING_SECONDS))) return null
  container.seekFrameSync(stream.index, BigInt(place.offset), AVSEEK_FLAG_BYTE)
  const { num, den } = stream.timeBase
  const duration = (first.frameSamples * den) / (num * info.sampleRate)
  return (function* () {
    let next = index
    for (const packet of packetsFromHere()) {
      packet.pts = BigInt(Math.round(next++ * duration))
      yield packet
    }
  })()
}
