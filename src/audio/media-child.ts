import { readSync, writeSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { getSystemErrorName } from 'node:util'
import { messageOf } from '../song/errors.ts'
import { decodeSound } from './media-decode.ts'
import { SoundEncoder } from './media-encode.ts'
import { decodeExcerpt } from './media-excerpt.ts'
import { MediaFault } from './media-fault.ts'
import type { BlockReply, BlockRequest, MediaReport, MediaTask } from './media-messages.ts'
import { SAMPLE_RATE } from './pcm.ts'

/*
 * The process in which untrusted files are opened: a crash or a hang of a decoder ends this process and nothing else.
 * It gets a task by message and ends with it, or when its parent is gone. Having looked into a file it may get another
 * task with the same one.
 */

process.title = 'minus-one media'
process.on('disconnect', () => process.exit(0))
// A write beyond `ulimit -f` is an error like that of a full disk.
process.on('SIGXFSZ', () => undefined)

const STDIN = 0
const STDOUT = 1
/** What FFmpeg says of the disk; other numbers, as for no memory, a file can bring about. */
const OF_THE_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM'])
const READ_BYTES = 1 << 18
const WARM_UP_BYTES = SAMPLE_RATE * 4
const YIELD_EVERY_BYTES = 10 * SAMPLE_RATE * 4

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

/** @returns the warnings for a person; null when the task has no end of its own */
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
      return encode(task)
    case 'blocks':
      process.on('message', (request: BlockRequest) => void encodeBlock(request, task.folder))
      report({ kind: 'done', warnings: [] })
      await warmUp(task.folder).catch(() => undefined) // what is wrong shows with the first block
      return null
  }
}

/** Opens the file and decodes its first second. */
async function probe({ path, track }: { path: string; track: number | null }): Promise<string[]> {
  const enough = new Error('enough')
  let bytes = 0
  try {
    return await decodeSound({
      path,
      track,
      maxSeconds: Number.POSITIVE_INFINITY,
      onOpen: (info) => report({ kind: 'info', info }),
      write: (pcm) => {
        bytes += pcm.length
        if (bytes >= SAMPLE_RATE * 4) throw enough
      },
    })
  } catch (error) {
    if (error === enough) return []
    throw error
  }
}

async function encode(task: Extract<MediaTask, { kind: 'encode' }>): Promise<string[]> {
  const encoder = new SoundEncoder(task)
  const block = Buffer.alloc(READ_BYTES)
  let waiting: Buffer = Buffer.alloc(0)
  let sinceYield = 0
  for (;;) {
    const bytes = readSync(STDIN, block, 0, block.length, null)
    if (bytes === 0) break
    const all = Buffer.concat([waiting, block.subarray(0, bytes)])
    const usable = all.length - (all.length % 4)
    encoder.write(all.subarray(0, usable))
    waiting = Buffer.from(all.subarray(usable))
    sinceYield += bytes
    if (sinceYield < YIELD_EVERY_BYTES) continue
    sinceYield = 0
    await setImmediate()
  }
  encoder.finish()
  return []
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

/** Somebody waits for the first block; what it needs is loaded and compiled before. */
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

/** Standard output is a pipe that nobody made non-blocking: a full one makes us wait, which is what we want. */
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

/** The name of the system's number, which Node's errors bear and FFmpeg's are, negative. */
function errnoOf(error: unknown): string | null {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  if (typeof code === 'string') return syscall === undefined ? null : code
  const name = typeof code === 'number' && code < 0 ? getSystemErrorName(code) : ''
  return OF_THE_DISK.has(name) ? name : null
}
