import { stat } from 'node:fs/promises'
import { UserError } from '../song/errors.ts'
import type { Span } from '../song/segment.ts'
import type { CodedFormat } from '../song/sound-formats.ts'
import type { MediaReport, Picture, SoundInfo, Tags } from './media-messages.ts'
import { type MediaProcess, startMedia, tooSlow } from './media-process.ts'
import { BYTES_PER_STEREO_SAMPLE } from './pcm.ts'

export type { Picture, SoundInfo, Tags } from './media-messages.ts'

/** 60,000 tags cost FFmpeg 26 s of CPU; an honest file opens in a tenth of a second. */
const PROBE_TIMEOUT_MS = 20_000
/** A decoder that gives no sound for so long hangs. */
const SILENCE_TIMEOUT_MS = 30_000
/** A pipe gives 64 KiB at most; each block costs its reader a write and a look at what is ready. */
const BLOCK_BYTES = 1 << 18

export type Decoding = {
  info: Promise<SoundInfo>
  /** 16-bit stereo at 44,100 Hz in whole samples; ends with the song, throws a UserError when it cannot go on. */
  pcm: AsyncIterable<Buffer>
  /** What a person should know of the file; there when the sound has ended. */
  warnings: Promise<string[]>
}

export type Encoder = {
  /** Waits while the encoder is behind. */
  write(pcm: Buffer): Promise<void>
  /** Resolves when the file is whole. */
  finish(): Promise<void>
}

/**
 * Opens a file, reads its tags, decodes its first second.
 * Throws a UserError that says what is wrong with it: it is empty or undecodable, or has no sound or no such track.
 * @param track which sound track, from 1; null for the one that FFmpeg would choose
 */
export async function probe({
  path,
  track = null,
  signal,
}: {
  path: string
  track?: number | null
  signal?: AbortSignal
}): Promise<SoundInfo> {
  await refuseEmpty(path)
  const { info, onReport } = infoOf()
  const media = startMedia({ task: { kind: 'probe', path, track }, signal, onReport })
  await withTimeout(media, { what: 'opening', ms: PROBE_TIMEOUT_MS })
  return info
}

/** Decodes a whole song. Read `pcm` at any speed: the decoder waits. Stopping to read ends the decoder. */
export function decode({
  path,
  track = null,
  maxSeconds,
  signal,
}: {
  path: string
  track?: number | null
  maxSeconds: number
  signal?: AbortSignal
}): Decoding {
  const { info, onReport } = infoOf()
  const media = startMedia({ task: { kind: 'decode', path, track, maxSeconds }, signal, onReport })
  const opened = Promise.race([info, media.done.then(() => info)])
  opened.catch(() => undefined) // who does not ask for it learns of a fault from the sound
  return { info: opened, pcm: readPcm(media), warnings: media.done }
}

/**
 * Decodes part of a song from the middle of its file, as far as the song goes. Throws a UserError when its place in the
 * file cannot be told.
 * @param excerpt 44,100 Hz samples
 */
export function decodePart({
  path,
  track = null,
  excerpt,
  signal,
}: {
  path: string
  track?: number | null
  excerpt: Span
  signal?: AbortSignal
}): AsyncGenerator<Buffer> {
  return readPcm(startMedia({ task: { kind: 'excerpt', path, track, excerpt }, signal }))
}

/** Starts to write a file in another format than WAV. Abort `signal` to give up; the file is the caller's to remove. */
export function openEncoder({
  path,
  format,
  tags,
  picture,
  signal,
}: {
  path: string
  format: CodedFormat
  tags: Tags
  picture: Picture | null
  signal?: AbortSignal
}): Encoder {
  const media = startMedia({ task: { kind: 'encode', path, format, tags, picture }, signal })
  const { stdin } = media.child
  if (!stdin) throw new Error('The media process has no standard input.')
  return {
    async write(pcm) {
      if (stdin.write(pcm)) return
      const drained = new Promise<void>((resolve) => stdin.once('drain', resolve))
      await Promise.race([drained, media.done])
    },
    async finish() {
      stdin.end()
      await media.done
    },
  }
}

async function* readPcm(media: MediaProcess): AsyncGenerator<Buffer> {
  const { stdout } = media.child
  if (!stdout) throw new Error('The media process has no standard output.')
  let waiting: Buffer[] = []
  let bytes = 0
  function take(): Buffer {
    const all = Buffer.concat(waiting)
    const usable = all.length - (all.length % BYTES_PER_STEREO_SAMPLE)
    waiting = [Buffer.from(all.subarray(usable))]
    bytes = all.length - usable
    return all.subarray(0, usable)
  }
  const giveUp = () => media.kill(tooSlow('decoding'))
  const chunks = stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      // Not while the reader takes its time with a block.
      const silence = setTimeout(giveUp, SILENCE_TIMEOUT_MS)
      const next = await chunks.next().finally(() => clearTimeout(silence))
      if (next.done) break
      waiting.push(next.value)
      bytes += next.value.length
      if (bytes >= BLOCK_BYTES) yield take()
    }
    const last = take()
    if (last.length > 0) yield last
    await media.done
  } finally {
    media.kill(new UserError('Decoding was stopped.', { code: 'stopped' }))
  }
}

async function withTimeout(media: MediaProcess, { what, ms }: { what: string; ms: number }): Promise<void> {
  const timeout = setTimeout(() => media.kill(tooSlow(what)), ms)
  await media.done.finally(() => clearTimeout(timeout))
}

function infoOf(): { info: Promise<SoundInfo>; onReport(report: MediaReport): void } {
  const { promise: info, resolve } = Promise.withResolvers<SoundInfo>()
  return {
    info,
    onReport: (report) => {
      if (report.kind === 'info') resolve(report.info)
    },
  }
}

async function refuseEmpty(path: string): Promise<void> {
  const { size } = await stat(path)
  if (size === 0) throw new UserError('The file is empty.', { code: 'empty' })
}
