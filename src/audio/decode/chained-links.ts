import { statSync } from 'node:fs'
import { AV_PKT_FLAG_CORRUPT } from 'node-av/constants'
import type { Frame } from 'node-av/lib'
import { nextLink } from '../containers/ogg-pages.ts'
import { MediaFault } from '../media-fault.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { framesOf } from './frames.ts'
import { silenceLike } from './silence.ts'
import { Timeline } from './timeline.ts'

/**
 * The frames of a whole file. Each is valid until the next. FFmpeg stops at a link of a chained Ogg file that has another rate,
 * number of channels or codec. That link is then opened as a separate file. If damage has destroyed sound and the file shows
 * how long it was, silence replaces it.
 * @param onDamaged gets whether the damaged packet is the last of the file, as in a file that was cut off
 * @param onSilent called before the frames of each silence
 * @param onBroken gets why the rest of the file cannot be read
 */
export function* framesOfLinks(
  sound: OpenSound,
  {
    onDamaged,
    onSilent,
    onBroken,
  }: {
    onDamaged(damage: { isAtEnd: boolean }): void
    onSilent(): void
    onBroken(reason: string): void
  },
): Generator<Frame, void> {
  let link = sound
  let position = 0
  let end = 0
  const fileBytes = statSync(sound.path).size
  for (;;) {
    let broken: string | null = null
    const timeline = new Timeline(link)
    const markDamaged = (): void => {
      timeline.markDamaged()
      onDamaged({ isAtEnd: end >= fileBytes })
    }
    const packets = link.packets({
      onDamaged: markDamaged,
      onBroken: (reason) => {
        broken = reason
      },
    })
    const frames = framesOf(link, {
      onDamaged: markDamaged,
      packets: packets.map((packet) => {
        position = Math.max(position, Number(packet.pos))
        end = packet.pos < 0n ? end + packet.size : Number(packet.pos) + packet.size
        if (timeline.read(packet)) markDamaged()
        if (packet.hasFlags(AV_PKT_FLAG_CORRUPT)) timeline.markDamaged()
        return packet
      }),
    })
    for (const frame of frames) {
      const missing = timeline.add(frame)
      if (missing > 0) {
        onSilent()
        yield* silenceLike(frame, missing)
      }
      yield frame
    }
    if (broken === null) return
    const next = link.info.container === 'ogg' ? openLinkBehind(link.path, position) : null
    link.container.closeInputSync()
    if (!next) return onBroken(broken)
    link = next.link
    position = next.offset
  }
}

/** The next link that can be opened; null when there is none. */
function openLinkBehind(path: string, position: number): { link: OpenSound; offset: number } | null {
  for (let offset = nextLink(path, position); offset !== null; offset = nextLink(path, offset)) {
    try {
      return { link: openSound(path, { skipBytes: offset }), offset }
    } catch (error) {
      if (!(error instanceof MediaFault)) throw error
    }
  }
  return null
}
