import { open, rename, rm, stat, statfs } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Backoff, backoffMs } from '../platform/backoff.ts'
import { MEBIBYTE } from '../platform/byte-units.ts'
import { hashOfFile } from '../platform/hash-of-file.ts'
import { makeFolders } from '../platform/make-folders.ts'
import { messageOf, UserError } from '../song/errors.ts'
import type { ProxyEnvironment } from './http-proxy.ts'
import { type Network, openUrl } from './open-url.ts'

const STALL_MS = 30_000
const MAX_WAIT_MS = 60_000
const RETRY_BACKOFF: Backoff = { firstMs: 500, maxMs: MAX_WAIT_MS }
/** The download fails after this many attempts in a row without a new byte. */
const MAX_VAIN_ATTEMPTS = 6
/** Free space that must remain on the disk after a download. */
const SPARE_BYTES = 256 << 20

export type Download = {
  url: string
  /** The path of the file. Only a complete and verified file appears there. */
  path: string
  /** The expected length. Null if unknown: then the length in the answer's header counts, up to `maxBytes`. */
  bytes: number | null
  sha256: string | null
  maxBytes: number
  headers?: Record<string, string>
  /** The number of redirects to follow. */
  maxRedirects?: number
  network?: Network | undefined
  proxyEnvironment?: ProxyEnvironment
  /** The file of an unfinished download, which a later download continues. */
  partialPath?: string
  signal: AbortSignal
  onProgress?(bytesSoFar: number): void
}

/** A fault that may pass, so another attempt is worthwhile. */
class Passing extends Error {
  override name = 'Passing'
  readonly waitMs: number | null
  constructor(message: string, { waitMs = null, cause }: { waitMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause })
    this.waitMs = waitMs
  }
}

/**
 * Fetches a large file over HTTP. It continues an interrupted download (Range with If-Range, RFC 9110 §13.1.5, §14.2) and
 * waits when the server asks for it (429, 503 with Retry-After). The file moves to its place only when its length and hash
 * are right. Throws a UserError that says what to do. Received bytes stay for the next attempt unless they are wrong.
 * @returns the SHA-256 of the file
 */
export async function download(wanted: Download): Promise<string> {
  const { path, bytes, sha256 } = wanted
  const partial = wanted.partialPath ?? `${path}.part`
  makeFolders(dirname(path))
  let vain = 0
  let etag: string | null = null
  for (;;) {
    const before = await sizeOf(partial)
    await askForRoom(dirname(path), (bytes ?? 0) - before)
    try {
      etag = await fetchRest({ ...wanted, partial, have: before, etag })
      break
    } catch (error) {
      wanted.signal.throwIfAborted()
      if (!(error instanceof Passing)) throw error
      vain = (await sizeOf(partial)) > before ? 0 : vain + 1
      if (vain >= MAX_VAIN_ATTEMPTS) {
        throw new UserError(`${hostOf(wanted.url)} does not send the file: ${error.message}. Try again later.`, {
          code: 'unfinished',
          cause: error,
        })
      }
      await setTimeout(error.waitMs ?? backoffMs(RETRY_BACKOFF, vain + 1), undefined, {
        signal: wanted.signal,
      })
    }
  }
  const found = await hashOfFile(partial)
  if (sha256 !== null && found !== sha256) {
    await rm(partial, { force: true })
    throw new UserError(`What ${hostOf(wanted.url)} sent is not the file: its SHA-256 is ${found}, not ${sha256}.`, {
      code: 'wrong-hash',
    })
  }
  await rename(partial, path)
  return found
}

async function fetchRest({
  url,
  partial,
  have,
  etag,
  bytes,
  maxBytes,
  headers,
  maxRedirects,
  network,
  proxyEnvironment,
  signal,
  onProgress,
}: Download & { partial: string; have: number; etag: string | null }): Promise<string | null> {
  if (bytes !== null && have === bytes) return etag
  const stalled = new AbortController()
  const stop = AbortSignal.any([signal, stalled.signal])
  let timer = globalThis.setTimeout(() => stalled.abort(), STALL_MS)
  let answer: IncomingMessage | null = null
  try {
    const range = have > 0 ? { range: `bytes=${have}-`, ...(etag ? { 'if-range': etag } : {}) } : {}
    answer = await openUrl({
      url,
      headers: { ...headers, ...range },
      maxRedirects,
      network,
      proxyEnvironment,
      signal: stop,
    })
    refuse(answer, url)
    const isRest = answer.statusCode === 206
    if (answer.statusCode === 416) {
      await rm(partial, { force: true })
      throw new Passing('it reports a shorter file than the part that has been received')
    }
    const position = await appendTo(partial, {
      answer,
      start: isRest ? have : 0,
      limit: Math.min(bytes ?? maxBytes, maxBytes),
      host: hostOf(url),
      onProgress: (bytesSoFar) => {
        clearTimeout(timer)
        timer = globalThis.setTimeout(() => stalled.abort(), STALL_MS)
        onProgress?.(bytesSoFar)
      },
    })
    const expected = bytes ?? lengthOf(answer, isRest ? have : 0)
    if (expected !== null && position < expected)
      throw new Passing(`it broke off after ${position} of ${expected} bytes`)
    return answer.headers.etag ?? null
  } catch (error) {
    signal.throwIfAborted()
    throw faultOf(error, stalled.signal.aborted)
  } finally {
    clearTimeout(timer)
    answer?.destroy()
  }
}

/**
 * Writes the body of an answer into a file, from `start` on. Removes the bytes that the file had after `start`.
 * @param limit when more bytes come, they are refused and the file is removed
 * @returns the length of the file
 */
async function appendTo(
  partial: string,
  {
    answer,
    start,
    limit,
    host,
    onProgress,
  }: { answer: IncomingMessage; start: number; limit: number; host: string; onProgress(bytesSoFar: number): void },
): Promise<number> {
  let position = start
  const file = await open(partial, start > 0 ? 'a' : 'w')
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      position += chunk.length
      if (position > limit) {
        await rm(partial, { force: true })
        throw new UserError(`${host} sends more than the ${limit} bytes that were announced.`, { code: 'download' })
      }
      await file.writeFile(chunk)
      onProgress(position)
    }
    await file.sync()
    return position
  } finally {
    await file.close()
  }
}

/** Throws for an answer that is not the file: a UserError when the user has to act, `Passing` when waiting may help. */
export function refuse({ statusCode: status = 0, headers }: IncomingMessage, url: string): void {
  if ((status >= 200 && status < 300) || status === 416) return
  const host = hostOf(url)
  if (status === 401 || status === 403) {
    throw new UserError(
      `${host} refuses access (${status}). If it is the Hugging Face hub and the model is not public, set HF_TOKEN.`,
      {
        code: 'forbidden',
      },
    )
  }
  if (status === 404 || status === 410) {
    throw new UserError(`${host} has no such file (${status}): ${new URL(url).pathname}.`, { code: 'not-found' })
  }
  const waitMs = retryAfter(headers['retry-after'])
  if (status === 429 || status >= 500) throw new Passing(`it answers ${status}`, { waitMs })
  throw new UserError(`${host} answers ${status}.`, { code: 'download' })
}

function retryAfter(header: string | undefined): number | null {
  if (header === undefined) return null
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(MAX_WAIT_MS, Math.max(0, seconds * 1000)) : null
}

function lengthOf({ headers }: IncomingMessage, have: number): number | null {
  const length = headers['content-length']
  return length === undefined ? null : have + Number(length)
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function askForRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= bytes + SPARE_BYTES) return
  const megabytes = (value: number) => Math.ceil(value / MEBIBYTE)
  throw new UserError(
    `${folder} has ${megabytes(bavail * bsize)} MB free; the model needs ${megabytes(bytes + SPARE_BYTES)}. Make room, or set MODELS_DIR.`,
    { code: 'no-room' },
  )
}

function hostOf(url: string): string {
  return new URL(url).host
}

function faultOf(error: unknown, isStalled: boolean): unknown {
  if (error instanceof UserError || error instanceof Passing) return error
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
    return new UserError('The disk is full. Make room and try again.', { code: 'no-room', cause: error })
  return new Passing(isStalled ? `no data came for ${STALL_MS / 1000} s` : reasonOf(error), { cause: error })
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause ? `${messageOf(error)} (${messageOf(cause)})` : messageOf(error)
}
