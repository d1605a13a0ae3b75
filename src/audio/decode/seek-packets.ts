import { setImmediate } from 'node:timers/promises'
import { AVSEEK_FLAG_BACKWARD } from 'node-av/constants'
import type { Frame, Packet } from 'node-av/lib'
import { MAX_MP3_FRAME_BYTES } from '../containers/mp3-frames.ts'
import { MediaFault } from '../media-fault.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { framesOf } from './frames.ts'

/**
 * Containers that seek exactly. The others guess a position, so their packets are read from the beginning instead. The
 * 69,000 packets before the middle of an hour of mp3 take 0.1 s.
 */
const EXACT = /\b(flac|ogg|wav|w64|aiff|mov|matroska)\b/
const PACKETS_BETWEEN_YIELDS = 20_000

/** The time stamp of the first sample that is heard, in the stream's time base; null when there are no time stamps. */
export function firstTime(path: string, soundTrack: number | null): bigint | null {
  for (const frame of framesOf(openSound(path, { soundTrack }))) return timeOf(frame)
  return null
}

export function timeOf({ pts }: Frame): bigint | null {
  return pts < -(1n << 60n) ? null : pts
}

export function positionUnknown(): MediaFault {
  return new MediaFault('undecodable', 'The position of a moment in it cannot be determined.')
}

/**
 * The packets from a moment on, or from a little before it. Throws a MediaFault when the place of the moment in the file cannot
 * be determined.
 * @param seconds the moment in the song
 * @param origin the song's first time stamp
 */
export async function packetsFrom(
  sound: OpenSound,
  { seconds, origin, onDamaged }: { seconds: number; origin: bigint; onDamaged(): void },
): Promise<Iterable<Packet>> {
  const { num, den } = sound.stream.timeBase
  const time = origin + BigInt(Math.floor((seconds * den) / num))
  if (EXACT.test(sound.info.container)) {
    sound.container.seekFrameSync(sound.stream.index, time, AVSEEK_FLAG_BACKWARD)
    return sound.packetsFromHere({ onDamaged })
  }
  const packets = sound.packets({ onDamaged })
  for (let count = 1; ; count++) {
    const { value: packet, done } = packets.next()
    if (done || packet.pts >= time) return packets
    // A larger packet contains damage of unknown length.
    if (sound.info.container === 'mp3' && packet.size > MAX_MP3_FRAME_BYTES) throw positionUnknown()
    if (count % PACKETS_BETWEEN_YIELDS === 0) await setImmediate()
  }
}
