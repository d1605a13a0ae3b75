import { readSync } from 'node:fs'
import { syncsafe } from './syncsafe.ts'
import { withFile } from './with-file.ts'

const WINDOW_BYTES = 1 << 20
const HEADER_BYTES = 4
const ID3_HEADER_BYTES = 10
/** Bit rates of layer III in kbit/s, by the index in the header (ISO 11172-3, 2.4.2.3; ISO 13818-3 for MPEG-2); 0 is invalid. */
const KILOBITS_MPEG_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0]
const KILOBITS_MPEG_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0]
const RATES_MPEG_1 = [44_100, 48_000, 32_000, 0]
/**
 * The length of a frame of 640 kbit/s at 32 kHz with a byte of padding. If a demuxer gives a larger packet, the packet also
 * contains other bytes.
 */
export const MAX_MP3_FRAME_BYTES = 2_881
/** The beginning of an ID3v2 tag (with version, flags and size), ID3v1, APEv2 or Lyrics3. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of a header
const TAG = /^(ID3[\x02-\x04][\x00-\xfe].[\x00-\x7f]{4}|TAG|APETAGEX|LYRICSBEGIN)/s
const MAX_TAG_HEAD_BYTES = 11

/**
 * The length in seconds of an mp3 file without a table of frames, found by counting frames. A song takes 10 ms.
 * @returns null when the file has a table, or contains anything besides frames and tags
 */
export function mp3Seconds(path: string): number | null {
  return withFile(path, (file) => {
    const window = new Window(file)
    let offset = endOfTag(window)
    const first = frameAt(window, offset)
    if (!first || isTable(window, offset, first.bytes)) return null
    let frames = 0
    for (let frame: Frame | null = first; frame?.rate === first.rate; frame = frameAt(window, offset)) {
      offset += frame.bytes
      frames++
    }
    return isEnd(window, offset) ? (frames * first.frameSamples) / first.rate : null
  })
}

type Frame = { bytes: number; frameSamples: number; rate: number }

/** Reads a file through a buffer of 1 MiB. */
class Window {
  readonly #file: number
  readonly #bytes = Buffer.alloc(WINDOW_BYTES)
  #from = 0
  #length = 0

  constructor(file: number) {
    this.#file = file
  }

  /** Returns `bytes` from `offset` on, or fewer at the end of the file. */
  read(offset: number, bytes: number): Buffer {
    if (offset < this.#from || offset + bytes > this.#from + this.#length) {
      this.#from = offset
      this.#length = readSync(this.#file, this.#bytes, 0, WINDOW_BYTES, offset)
    }
    const at = offset - this.#from
    return this.#bytes.subarray(at, Math.min(at + bytes, this.#length))
  }
}

/** The end of the ID3v2 tag before the first frame (id3.org/id3v2.4.0-structure, 3.1); 0 without a tag. */
function endOfTag(window: Window): number {
  const header = window.read(0, ID3_HEADER_BYTES)
  if (header.subarray(0, 3).toString('latin1') !== 'ID3' || header.length < ID3_HEADER_BYTES) return 0
  const size = syncsafe(header.subarray(6))
  const hasFooter = ((header[5] ?? 0) & 0x10) !== 0
  return ID3_HEADER_BYTES + size + (hasFooter ? ID3_HEADER_BYTES : 0)
}

/** Whether a tag follows the frame at the beginning of these bytes, or the bytes begin with a tag instead of a frame. */
export function hasTagBehindFrame(bytes: Buffer): boolean {
  return TAG.test(bytes.subarray(frameOf(bytes)?.bytes ?? 0).toString('latin1', 0, MAX_TAG_HEAD_BYTES))
}

/** The frame that begins at this offset; null when none does. */
function frameAt(window: Window, offset: number): Frame | null {
  return frameOf(window.read(offset, HEADER_BYTES))
}

function frameOf(header: Buffer): Frame | null {
  if (header.length < HEADER_BYTES) return null
  const bits = header.readUInt32BE()
  const isSynchronised = bits >>> 21 === 0x7ff
  const version = (bits >>> 19) & 3
  const isLayer3 = ((bits >>> 17) & 3) === 1
  if (!isSynchronised || version === 1 || !isLayer3) return null
  const isMpeg1 = version === 3
  const kilobits = (isMpeg1 ? KILOBITS_MPEG_1 : KILOBITS_MPEG_2)[(bits >>> 12) & 15] ?? 0
  const rate = (RATES_MPEG_1[(bits >>> 10) & 3] ?? 0) / (isMpeg1 ? 1 : version === 2 ? 2 : 4)
  if (kilobits === 0 || rate === 0) return null
  const frameSamples = isMpeg1 ? 1_152 : 576
  const padding = (bits >>> 9) & 1
  return { bytes: Math.floor((frameSamples * 125 * kilobits) / rate) + padding, frameSamples, rate }
}

/** Whether the file, or a tag at its end (ID3v1, APEv2, Lyrics3), ends the frames at this offset. */
function isEnd(window: Window, offset: number): boolean {
  const next = window.read(offset, HEADER_BYTES)
  return next.length < HEADER_BYTES || /^(TAG|APET|LYRI)/.test(next.toString('latin1'))
}

/** Whether a frame holds a table of the other frames instead of sound. */
function isTable(window: Window, offset: number, bytes: number): boolean {
  const text = window.read(offset, bytes).toString('latin1')
  return /Xing|Info|VBRI/.test(text.slice(0, 64))
}
