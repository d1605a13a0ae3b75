import { fstatSync, readSync } from 'node:fs'
import { withFile } from './with-file.ts'

/*
 * Pages of an Ogg file (RFC 3533, 6). A chained file consists of links, one after another. Each link is a complete stream
 * with its own codec, rate and number of channels, and begins with pages that carry the flag "beginning of stream".
 */

const READ_BYTES = 1 << 18
const CAPTURE = Buffer.from('OggS\0', 'latin1')
const HEADER_BYTES = 27
const FLAGS_AT = 5
const BEGINS = 2
const SERIAL_AT = 14
const SEQUENCE_AT = 18
const CHECKSUM_AT = 22
const POLYNOMIAL = 0x04c1_1db7
/** The CRC-32 of each byte. */
const CHECKSUMS = Int32Array.from({ length: 256 }, (_, byte) => {
  let checksum = byte << 24
  for (let bit = 0; bit < 8; bit++) checksum = (checksum << 1) ^ (checksum < 0 ? POLYNOMIAL : 0)
  return checksum
})
const MAX_PAGE_BYTES = 65_307
/** The last page begins within this many bytes of the file's end. */
const LAST_BYTES = 1 << 17

type Page = { offset: number; begins: boolean; serial: number }

/** The offset of the first page after `from` that begins a stream; null when there is none up to `to`. */
export function nextLink(path: string, from: number, to = Number.POSITIVE_INFINITY): number | null {
  return withFile(path, (file) => {
    for (const { offset, begins } of pagesFrom(file, from + 1)) {
      if (offset > to) return null
      if (begins) return offset
    }
    return null
  })
}

/** Whether the file's last page belongs to another stream than its first. Each link of a chain restarts the time stamps. */
export function isChain(path: string): boolean {
  return withFile(path, (file) => {
    const first = new Set<number>()
    for (const { begins, serial } of pagesFrom(file, 0)) {
      if (!begins) break
      first.add(serial)
    }
    let last: Page | null = null
    for (const page of pagesFrom(file, Math.max(0, fstatSync(file).size - LAST_BYTES))) last = page
    return last !== null && !first.has(last.serial)
  })
}

/**
 * Whether pages between two offsets are missing or damaged: a gap in the sequence numbers, or a wrong checksum. False when
 * another stream begins between them.
 */
export function hasDamage(path: string, { from, to }: { from: number; to: number }): boolean {
  return withFile(path, (file) => {
    const next = new Map<number, number>()
    const bytes = Buffer.alloc(MAX_PAGE_BYTES)
    for (const { offset, begins, serial } of pagesFrom(file, from)) {
      if (begins && offset > from) return false
      if (offset > to) break
      const page = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset))
      const sequence = page.readUInt32LE(SEQUENCE_AT)
      if ((next.get(serial) ?? sequence) !== sequence || !isWhole(page)) return true
      next.set(serial, sequence + 1)
    }
    return false
  })
}

/** Whether a page is complete and its checksum is right: the CRC-32 of the page with zeros in place of the checksum. */
function isWhole(bytes: Buffer): boolean {
  const segments = bytes.subarray(HEADER_BYTES, HEADER_BYTES + (bytes[HEADER_BYTES - 1] ?? 0))
  const length = HEADER_BYTES + segments.length + segments.reduce((sum, size) => sum + size, 0)
  let checksum = 0
  for (let at = 0; at < length; at++) {
    const byte = at >= CHECKSUM_AT && at < CHECKSUM_AT + 4 ? 0 : (bytes[at] ?? 0)
    checksum = (checksum << 8) ^ (CHECKSUMS[(checksum >>> 24) ^ byte] ?? 0)
  }
  return length <= bytes.length && checksum >>> 0 === bytes.readUInt32LE(CHECKSUM_AT)
}

/** Finds pages by their capture pattern. */
function* pagesFrom(file: number, start: number): Generator<Page, void> {
  const buffer = Buffer.alloc(READ_BYTES)
  for (let from = start; ; ) {
    const bytes = readSync(file, buffer, 0, READ_BYTES, from)
    if (bytes < HEADER_BYTES) return
    const read = buffer.subarray(0, bytes)
    const lastStart = bytes - HEADER_BYTES
    for (let at = read.indexOf(CAPTURE); at >= 0 && at <= lastStart; at = read.indexOf(CAPTURE, at + 1)) {
      const begins = ((read[at + FLAGS_AT] ?? 0) & BEGINS) !== 0
      yield { offset: from + at, begins, serial: read.readUInt32LE(at + SERIAL_AT) }
    }
    from += lastStart + 1
  }
}
