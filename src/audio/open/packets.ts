import { readSync, statSync } from 'node:fs'
import { AVERROR_EOF, AVSEEK_FLAG_BYTE } from 'node-av/constants'
import { FFmpegError, type FormatContext, Packet } from 'node-av/lib'
import { nextLink } from '../containers/ogg-pages.ts'
import { nextWavPackBlock } from '../containers/wavpack-blocks.ts'
import { withFile } from '../containers/with-file.ts'

/** The limit ends the reading, because some demuxers move on by only a few bytes with each try. */
const MAX_UNREADABLE_BYTES = 1 << 20

/** The events during the reading of packets. */
export type PacketEvents = {
  /** Part of the file could not be read. The part after it can be read. */
  onDamaged?(): void
  /** The rest of the file cannot be read. `reason` is in FFmpeg's words. */
  onBroken?(reason: string): void
}

/**
 * The packets of one stream. Each is valid until the next.
 * Skips parts that the demuxer cannot read, as long as it makes progress. Stops with `onBroken` at the next link of a
 * chained Ogg file. Throws the system's error when the disk fails, which FFmpeg's demuxers take for the end of the file.
 * @param first a packet that was read before
 */
export function* packetsOf(
  { path, container, index, first }: { path: string; container: FormatContext; index: number; first: Packet | null },
  { onDamaged, onBroken }: PacketEvents = {},
): Generator<Packet, void> {
  const packet = new Packet()
  packet.alloc()
  let readTo = 0
  let failedFrom: number | null = null
  let failedAt = -1
  if (first?.streamIndex === index) yield first
  for (;;) {
    const result = container.readFrameSync(packet)
    if (result >= 0) {
      readTo = Math.max(readTo, Number(packet.pos))
      if (failedFrom !== null) onDamaged?.()
      failedFrom = null
      if (packet.streamIndex === index) yield packet
      packet.unref()
      continue
    }
    const position = Number(container.pbBytes)
    checkReadable(path, position)
    if (result === AVERROR_EOF || position >= statSync(path).size) return
    const isLink = container.iformat?.name === 'ogg' && nextLink(path, readTo, position) !== null
    failedFrom ??= position
    const isStuck = position <= failedAt || position - failedFrom > MAX_UNREADABLE_BYTES
    if (isLink || isStuck) return onBroken?.(FFmpegError.strerror(result))
    failedAt = position
    // FFmpeg itself would look for the next block at every 32nd byte only.
    const block = container.iformat?.name === 'wv' ? nextWavPackBlock(path, readTo + 1) : null
    if (block !== null && block > readTo) container.seekFrameSync(index, BigInt(block), AVSEEK_FLAG_BYTE)
  }
}

/** Throws the system's error when the file cannot be opened, or cannot be read at this position. */
export function checkReadable(path: string, position: number): void {
  withFile(path, (file) => readSync(file, Buffer.alloc(1), 0, 1, position))
}
