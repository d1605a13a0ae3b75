import { readSync, writeSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { getSystemErrorName } from 'node:util'
import { assertNever, messageOf } from '../../song/errors.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../song/pcm.ts'
import { decodeExcerpt } from '../decode/decode-excerpt.ts'
import { decodeSound } from '../decode/decode-sound.ts'
import { SoundEncoder } from '../encode/sound-encoder.ts'
import { MediaFault } from '../media-fault.ts'
import type { BlockReply, BlockRequest, MediaReport, MediaTask } from '../media-messages.ts'

/*
 * The process that opens untrusted files: a crash or a hang of a decoder affects no other process.
 * It gets one task as a message and ends with the task, or with its parent. After a probe it may get one more task with the
 * same file.
 */

process.title = 'minus-one media'
process.on('disconnect', () => process.exit(0))
// Ignoring the signal turns a write beyond `ulimit -f` into an error, like that of a full disk.
process.on('SIGXFSZ', () => undefined)

const STDIN = 0
const STDOUT = 1
/** FFmpeg's errors that concern the disk. A damaged file can cause the others, such as ENOMEM. */
const DISK_ERRORS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM'])
const READ_BYTES = 1 << 18
const WARM_UP_BYTES = SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE
const YIELD_EVERY_BYTES = 10 * SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE

process.on('message', (task: MediaTask | BlockRequest) => {
  if (!('kind' in task)) return
  perform(task).then(
    (warnings) => {
      if (!warnings) return
      if (task.kind === 'probe') report({ kind: 'done', warnings })
      else finish({ kind: 'done', warnings })
    },
    (error: unknown) => finish(faultOf(error)),
  )
})

/** @returns warnings for the user; null when the task lasts as long as the process */
async function perform(task: MediaTask): Promise<string[] | null> {
  switch (task.kind) {
    case 'probe':
      return probe(task)
    case 'decode':
      return decodeSound({
        ...task,
        onOpen: (info) => report({ kind: 'info', info }),
        write: (pcm) => writeAll(pcm),
      })
    case 'excerpt':
      await decodeExcerpt({ ...task, write: (pcm) => writeAll(pcm) })
      return []
    case 'encode':
      await encode(task)
      return []
    case 'stretch':
      await stretch(task)
      return []
    case 'blocks':
      process.on('message', (request: BlockRequest) => void encodeBlock(request, task.folder))
      report({ kind: 'done', warnings: [] })
      await warmUp(task.folder).catch(() => undefined) // the first block reports the same fault
      return null
    default:
      return assertNever(task)
  }
}

/** Opens the file and decodes its first second. */
async function probe({ path, soundTrack }: { path: string; soundTrack: number | null }): Promise<string[]> {
  const enough = new Error('enough')
  let bytes = 0
  try {
    return await decodeSound({
      path,
      soundTrack,
      maxSeconds: Number.POSITIVE_INFINITY,
      onOpen: (info) => report({ kind: 'info', info }),
      write: (pcm) => {
        bytes += pcm.length
        if (bytes >= SAMPLE_RATE * BYTES_PER_STEREO_SAMPLE) throw enough
      },
    })
  } catch (error) {
    if (error === enough) return []
    throw error
  }
}

async function encode(task: Extract<MediaTask, { kind: 'encode' }>): Promise<void> {
  const encoder = new SoundEncoder(task)
  for await (const pcm of readStdin()) encoder.write(pcm)
  encoder.finish()
}

async function stretch(task: Extract<MediaTask, { kind: 'stretch' }>): Promise<void> {
  const { openPcmStretcher } = await import('../stretch/stretch-pcm.ts') // other tasks need no WebAssembly
  const stretcher = await openPcmStretcher({ ...task, write: (pcm) => writeAll(pcm) })
  for await (const pcm of readStdin()) stretcher.write(pcm)
  stretcher.finish()
}

/** Whole samples of standard input. */
async function* readStdin(): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(READ_BYTES)
  let waiting: Buffer = Buffer.alloc(0)
  let sinceYield = 0
  for (;;) {
    const bytes = readSync(STDIN, buffer, 0, buffer.length, null)
    if (bytes === 0) return
    const all = Buffer.concat([waiting, buffer.subarray(0, bytes)])
    const usable = all.length - (all.length % BYTES_PER_STEREO_SAMPLE)
    yield all.subarray(0, usable)
    waiting = Buffer.from(all.subarray(usable))
    sinceYield += bytes
    if (sinceYield < YIELD_EVERY_BYTES) continue
    sinceYield = 0
    await setImmediate()
  }
}

async function encodeBlock({ id, pcm }: BlockRequest, folder: string): Promise<void> {
  const path = join(folder, `stretch-${process.pid}-${id}.flac`)
  const reply = await encodeOne(path, Buffer.from(pcm.buffer, pcm.byteOffset, pcm.length)).then(
    (flac): BlockReply => ({ id, flac }),
    (error: unknown): BlockReply => ({ id, fault: messageOf(error) }),
  )
  await rm(path, { force: true })
  process.send?.(reply)
}

/** Encodes a second of silence. So everything is loaded and compiled before the first block, for which a listener waits. */
async function warmUp(folder: string): Promise<void> {
  const path = join(folder, `stretch-${process.pid}-0.flac`)
  await encodeOne(path, Buffer.alloc(WARM_UP_BYTES))
  await rm(path, { force: true })
}

async function encodeOne(path: string, pcm: Buffer): Promise<Uint8Array> {
  const encoder = new SoundEncoder({ path, format: 'flac', tags: { title: '', artist: '', album: '' }, picture: null })
  encoder.write(pcm)
  encoder.finish()
  return readFile(path)
}

/** Standard output is a blocking pipe, so a slow reader makes the decoder wait. */
function writeAll(bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(STDOUT, bytes, done)
}

function report(message: MediaReport): void {
  process.send?.(message)
}

function finish(message: MediaReport): void {
  process.send?.(message, () => process.exit(0))
}

function faultOf(error: unknown): MediaReport {
  if (error instanceof MediaFault) return { kind: 'fault', code: error.code, message: error.message }
  return { kind: 'fault', code: null, errno: errnoOf(error), message: messageOf(error) }
}

/** The name of the system's error: Node's errors carry it as `code`, FFmpeg's codes are its negative number. */
function errnoOf(error: unknown): string | null {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  if (typeof code === 'string') return syscall === undefined ? null : code
  const name = typeof code === 'number' && code < 0 ? getSystemErrorName(code) : ''
  return DISK_ERRORS.has(name) ? name : null
}
