import { readSync, statSync } from 'node:fs'
import { AVERROR_EOF, AVSEEK_FLAG_BYTE } from 'node-av/constants'
import { FFmpegError, type FormatContext, Packet } from 'node-av/lib'
import { nextLink } from '../containers/ogg-pages.ts'
import { nextWavPackBlock } from '../containers/wavpack-blocks.ts'
import { withFile } from '../containers/with-file.ts'

/** Some demuxers go on by a few bytes a try. */
const MOST_UNREADABLE_BYTES = 1 << 20

/** What packets tell of themselves, apart from what they hold. */
export type PacketReports = {
  /** A part of the file could not be read, what is behind it can. */
  onDamaged?(): void
  /** The rest of the file cannot be read, for a reason in FFmpeg's words. */
  onBroken?(reason: string): void
}

/**
 * The packets of one stream, each valid until the next. Reads on behind what the demuxer cannot read, as long as that
 * leads on, but not into another link of a chain, which is told as broken. Throws the error of the system where the disk
 * fails: FFmpeg's demuxers take that for the end of the file.
 * @param first the packet that was read before
 */
export function* packetsOf(
  { path, container, index, first }: { path: string; container: FormatContext; index: number; first: Packet | null },
  { onDamaged, onBroken }: PacketReports = {},
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
    const isStuck = position <= failedAt || position - failedFrom > MOST_UNREADABLE_BYTES
    if (isLink || isStuck) return onBroken?.(FFmpegError.strerror(result))
    failedAt = position
    // FFmpeg would look at every 32nd byte only.
    const block = container.iformat?.name === 'wv' ? nextWavPackBlock(path, readTo + 1) : null
    if (block !== null && block > readTo) container.seekFrameSync(index, BigInt(block), AVSEEK_FLAG_BYTE)
  }
}

/** Throws the error of the system where a file cannot be opened, or not be read at that place. */
export function checkReadable(path: string, position: number): void {
  withFile(path, (file) => readSync(file, Buffer.alloc(1), 0, 1, position))
}
