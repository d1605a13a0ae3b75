import { stat } from 'node:fs/promises'
import { UserError } from '../song/errors.ts'
import { BYTES_PER_STEREO_SAMPLE } from '../song/pcm.ts'
import type { Span } from '../song/segment.ts'
import type { CodedFormat } from '../song/sound-formats.ts'
import type { MediaPool } from './media/media-pool.ts'
import { type MediaProcess, startMedia, tooSlow } from './media/media-process.ts'
import type { MediaReport, Picture, SoundInfo, Tags } from './media-messages.ts'

export type { Picture, SoundInfo, Tags } from './media-messages.ts'

/** A normal file opens in 0.1 s. FFmpeg needs 26 s of processor time for a file with 60,000 tags. */
const PROBE_TIMEOUT_MS = 20_000
/** A decoder that gives no sound for this long counts as hanging. */
const DECODER_STALL_MS = 30_000
/** A pipe gives at most 64 KiB. Larger chunks save writes and checks of which segments are ready. */
const CHUNK_BYTES = 1 << 18

export type Decoding = {
  info: Promise<SoundInfo>
  /** Chunks of 16-bit stereo at 44,100 Hz in whole samples. Throws a UserError when the rest cannot be decoded. */
  pcm: AsyncIterable<Buffer>
  /** Warnings for the user. Resolves when the sound has ended. */
  warnings: Promise<string[]>
}

export type Encoder = {
  /** Resolves when the encoder can take more. */
  write(pcm: Buffer): Promise<void>
  /** Resolves when the file is complete. */
  finish(): Promise<void>
}

/**
 * Opens a file, reads its tags and decodes its first second.
 * Throws a UserError: 'empty', 'undecodable', 'no-sound', or 'no-track' when the file has no such track.
 * @param soundTrack which sound track, from 1; null for FFmpeg's choice
 * @param mediaPool reserves the process for decoding the same file
 */
export async function probe({
  path,
  soundTrack = null,
  mediaPool,
  signal,
}: {
  path: string
  soundTrack?: number | null
  mediaPool?: MediaPool | undefined
  signal?: AbortSignal
}): Promise<SoundInfo> {
  await refuseEmpty(path)
  const { info, onReport } = infoOf()
  const media = startMedia({ task: { kind: 'probe', path, soundTrack }, mediaPool, signal, onReport })
  await withTimeout(media, { what: 'opening', ms: PROBE_TIMEOUT_MS })
  return info
}

/** Decodes a whole song. The decoder waits for the reader of `pcm`, and ends when the reader stops. */
export function decode({
  path,
  soundTrack = null,
  maxSeconds,
  mediaPool,
  signal,
}: {
  path: string
  soundTrack?: number | null
  maxSeconds: number
  mediaPool?: MediaPool | undefined
  signal?: AbortSignal
}): Decoding {
  const { info, onReport } = infoOf()
  const media = startMedia({ task: { kind: 'decode', path, soundTrack, maxSeconds }, mediaPool, signal, onReport })
  const opened = Promise.race([info, media.done.then(() => info)])
  opened.catch(() => undefined) // a caller that does not await it gets the fault from the sound
  return { info: opened, pcm: readPcm(media), warnings: media.done }
}

/**
 * Decodes part of a song from the middle of its file, at most to the end of the song. Throws a UserError when the place of the
 * part in the file cannot be determined.
 * @param excerpt 44,100 Hz samples
 */
export function decodePart({
  path,
  soundTrack = null,
  excerpt,
  mediaPool,
  signal,
}: {
  path: string
  soundTrack?: number | null
  excerpt: Span
  mediaPool?: MediaPool | undefined
  signal?: AbortSignal
}): AsyncGenerator<Buffer> {
  return readPcm(startMedia({ task: { kind: 'excerpt', path, soundTrack, excerpt }, mediaPool, signal }))
}

/** Starts to write a file in a format other than WAV. After an abort of `signal` the caller removes the file. */
export function openEncoder({
  path,
  format,
  tags,
  picture,
  mediaPool,
  signal,
}: {
  path: string
  format: CodedFormat
  tags: Tags
  picture: Picture | null
  mediaPool?: MediaPool | undefined
  signal?: AbortSignal
}): Encoder {
  const media = startMedia({ task: { kind: 'encode', path, format, tags, picture }, mediaPool, signal })
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
  const reads = stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      // The timer does not run while the reader works on a chunk.
      const stall = setTimeout(giveUp, DECODER_STALL_MS)
      const next = await reads.next().finally(() => clearTimeout(stall))
      if (next.done) break
      waiting.push(next.value)
      bytes += next.value.length
      if (bytes >= CHUNK_BYTES) yield take()
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
