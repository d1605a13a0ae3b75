import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { messageOf, UserError } from '../song/errors.ts'
import { refuse } from './download.ts'
import { type Network, openUrl } from './open-url.ts'

/** A Hugging Face hub or a mirror of it, as HF_ENDPOINT and HF_TOKEN give it. */
export type Hub = { endpoint: string; token: string | null }

export type HubFile = { url: string; bytes: number; sha256: string | null; headers: Record<string, string> }

const TIMEOUT_MS = 30_000
const MAX_ATTEMPTS = 4
const MAX_WAIT_SECONDS = 60

/**
 * Asks the hub for the size of a file and, for large files, its SHA-256. Both are headers of the answer that redirects to
 * the content. Throws a UserError when the hub has no such file or refuses access.
 */
export async function askHub({
  hub,
  repository,
  file,
  signal,
  network,
}: {
  hub: Hub
  repository: string
  file: string
  signal: AbortSignal
  network?: Network | undefined
}): Promise<HubFile> {
  const url = `${hub.endpoint.replace(/\/+$/, '')}/${repository}/resolve/main/${file}`
  const headers: Record<string, string> = hub.token ? { authorization: `Bearer ${hub.token}` } : {}
  const said = await announced({ url, headers, signal, network })
  const bytes = Number(said['x-linked-size'] ?? said['content-length'] ?? Number.NaN)
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new UserError(`${new URL(url).host} does not say how large ${file} is.`, { code: 'download' })
  }
  const etag = String(said['x-linked-etag'] ?? said.etag ?? '').replace(/^W\/|"/g, '')
  return { url, bytes, sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : null, headers }
}

/** The headers of the first answer about the file. Redirects within the hub, as of a renamed repository, are followed. */
async function announced({
  url,
  headers,
  signal,
  network,
}: {
  url: string
  headers: Record<string, string>
  signal: AbortSignal
  network: Network | undefined
}): Promise<IncomingHttpHeaders> {
  const { host } = new URL(url)
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await openUrl({
        url,
        method: 'HEAD',
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        isEnough: (redirect, next) => redirect.headers['x-linked-etag'] !== undefined || next.host !== host,
        network,
      })
      answer.destroy()
      const { statusCode = 0 } = answer
      if (statusCode !== 429 && statusCode < 500) {
        if (statusCode < 300 || statusCode > 399) refuse(answer, url)
        return answer.headers
      }
      if (attempt === MAX_ATTEMPTS) {
        throw new UserError(`${host} answers ${statusCode}. Try again later.`, { code: 'download' })
      }
      const seconds = Number(answer.headers['retry-after'] ?? attempt)
      await setTimeout(Math.min(MAX_WAIT_SECONDS, seconds) * 1000, undefined, { signal })
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof UserError) throw cause
      if (attempt === MAX_ATTEMPTS) {
        throw new UserError(
          `Cannot reach ${host}: ${messageOf(cause)}. Check the network, HTTPS_PROXY and HF_ENDPOINT.`,
          { code: 'download', cause },
        )
      }
    }
  }
}
