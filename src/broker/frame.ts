import { MAX_FRAME_BYTES, MAX_HEAD_BYTES, MAX_HEADERS } from './limits.ts'

/**
 * STOMP 1.2 frames (https://stomp.github.io/stomp-specification-1.2.html, "STOMP Frames" and "Augmented BNF"), for our
 * client and the embedded broker. Input may be hostile: every part has a limit, and every fault ends the connection.
 */
export type Frame = { command: string; headers: Record<string, string>; body: string }

const LF = 0x0a
const CR = 0x0d
const NUL = 0x00
const HEADER_END_LF = Buffer.from('\n\n')
const HEADER_END_CRLF = Buffer.from('\r\n\r\n')

const COMMANDS_WITHOUT_ESCAPES = new Set(['CONNECT', 'CONNECTED'])
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\r': '\\r', '\n': '\\n', ':': '\\c' }
const UNESCAPES: Record<string, string> = { '\\\\': '\\', '\\r': '\r', '\\n': '\n', '\\c': ':' }

/** The received bytes are not STOMP, or they exceed a limit. */
export class FrameError extends Error {
  override name = 'FrameError'
}

export function writeFrame({ command, headers, body }: Frame): Buffer {
  const encode = COMMANDS_WITHOUT_ESCAPES.has(command) ? (text: string) => text : escapeText
  const lines = Object.entries(headers).map(([name, value]) => `${encode(name)}:${encode(value)}\n`)
  const bytes = Buffer.from(body)
  const length = bytes.length > 0 ? `content-length:${bytes.length}\n` : ''
  return Buffer.concat([Buffer.from(`${command}\n${lines.join('')}${length}\n`), bytes, Buffer.of(NUL)])
}

/**
 * Cuts a stream of bytes into frames, however the stream is divided. Line ends between frames are heart-beats and are
 * skipped. Throws FrameError at the first byte that breaks the grammar, and when a frame exceeds MAX_FRAME_BYTES.
 */
export class FrameReader {
  #waiting: Buffer = Buffer.alloc(0)

  /** How many bytes of an incomplete frame have been received. */
  get waitingBytes(): number {
    return this.#waiting.length
  }

  read(bytes: Buffer): Frame[] {
    const frames: Frame[] = []
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes])
    for (;;) {
      this.#skipLineEnds()
      const frame = this.#next()
      if (!frame) break
      frames.push(frame)
    }
    if (this.#waiting.length > MAX_FRAME_BYTES) throw tooLarge()
    this.#waiting = Buffer.from(this.#waiting)
    return frames
  }

  #skipLineEnds(): void {
    let start = 0
    while (this.#waiting[start] === LF || this.#waiting[start] === CR) start++
    this.#waiting = this.#waiting.subarray(start)
  }

  #next(): Frame | null {
    const head = headOf(this.#waiting)
    if (!head) return null
    const { command, headers } = parseHead(head.text)
    const end = this.#bodyEnd(head.bodyStart, headers['content-length'])
    if (end === null) return null
    const body = this.#waiting.toString('utf8', head.bodyStart, end)
    this.#waiting = this.#waiting.subarray(end + 1)
    return { command, headers, body }
  }

  /** The position of the NUL after the body; null while the frame is not complete. */
  #bodyEnd(start: number, contentLength: string | undefined): number | null {
    if (contentLength === undefined) {
      const end = this.#waiting.indexOf(NUL, start)
      return end < 0 ? null : end
    }
    if (!/^\d{1,9}$/.test(contentLength))
      throw new FrameError(`content-length '${contentLength.slice(0, 32)}' is no length`)
    const end = start + Number(contentLength)
    if (end > MAX_FRAME_BYTES) throw tooLarge()
    if (this.#waiting.length <= end) return null
    if (this.#waiting[end] !== NUL) throw new FrameError('no NUL follows the body')
    return end
  }
}

function headOf(frame: Buffer): { text: string; bodyStart: number } | null {
  const bytes = frame.subarray(0, MAX_HEAD_BYTES)
  const ends = [HEADER_END_LF, HEADER_END_CRLF].flatMap((mark) => {
    const at = bytes.indexOf(mark)
    return at < 0 ? [] : [{ at, bodyStart: at + mark.length }]
  })
  const first = ends.sort((a, b) => a.at - b.at)[0]
  if (first) return { text: bytes.toString('utf8', 0, first.at), bodyStart: first.bodyStart }
  if (frame.length >= MAX_HEAD_BYTES) throw new FrameError(`headers of more than ${MAX_HEAD_BYTES} bytes`)
  return null
}

function parseHead(text: string): { command: string; headers: Record<string, string> } {
  const [command = '', ...lines] = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (!/^[A-Z]{1,16}$/.test(command)) throw new FrameError('a frame begins with no command')
  if (lines.length > MAX_HEADERS) throw new FrameError(`more than ${MAX_HEADERS} headers`)
  const decode = COMMANDS_WITHOUT_ESCAPES.has(command) ? (raw: string) => raw : unescapeText
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new FrameError('a header without a name or a colon')
    const name = decode(line.slice(0, colon))
    headers[name] ??= decode(line.slice(colon + 1)) // of repeated headers the first counts (STOMP 1.2, Repeated Header Entries)
  }
  return { command, headers }
}

function escapeText(text: string): string {
  return text.replace(/[\\\r\n:]/g, (character) => ESCAPES[character] ?? character)
}

function unescapeText(text: string): string {
  return text.replace(/\\(.?)/gs, (sequence) => {
    const character = UNESCAPES[sequence]
    if (character === undefined) throw new FrameError('an escape sequence that STOMP does not know')
    return character
  })
}

function tooLarge(): FrameError {
  return new FrameError(`a frame of more than ${MAX_FRAME_BYTES} bytes`)
}
