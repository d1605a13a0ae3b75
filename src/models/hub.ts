import { messageOf, UserError } from '../song/errors.ts'
import { refuse } from './download.ts'

/** A Hugging Face hub, or a mirror of it: HF_ENDPOINT and HF_TOKEN as everybody there uses them. */
export type Hub = { endpoint: string; token: string | null }

export type HubFile = { url: string; bytes: number; sha256: string | null; headers: Record<string, string> }

const MOST_REDIRECTS = 5
const TIMEOUT_MS = 30_000
const MOST_ATTEMPTS = 4

/**
 * What the hub says of a file: its size, and of large files the SHA-256, in headers of the answer that redirects to
 * where the bytes are. Throws a UserError when it has none, or does not let us in.
 */
export async function askHub(hub: Hub, repository: string, file: string, signal: AbortSignal): Promise<HubFile> {
  const url = `${hub.endpoint.replace(/\/+$/, '')}/${repository}/resolve/main/${file}`
  const headers: Record<string, string> = hub.token ? { authorization: `Bearer ${hub.token}` } : {}
  const said = await announced(url, headers, signal)
  const bytes = Number(said.get('x-linked-size') ?? said.get('content-length') ?? Number.NaN)
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new UserError(`${new URL(url).host} does not say how large ${file} is.`, { code: 'download' })
  }
  const etag = (said.get('x-linked-etag') ?? said.get('etag') ?? '').replace(/^W\/|"/g, '')
  return { url, bytes, sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : null, headers }
}

/** The headers of the first answer that is about the file; redirects within the hub (a renamed repository) are followed. */
async function announced(first: string, headers: Record<string, string>, signal: AbortSignal): Promise<Headers> {
  let url = first
  for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
    const response = await head(url, headers, signal)
    const location = response.headers.get('location')
    const isElsewhere = location !== null && new URL(location, url).host !== new URL(first).host
    if (response.headers.has('x-linked-etag') || isElsewhere || location === null) {
      if (response.status < 300 || response.status > 399) refuse(response, url)
      return response.headers
    }
    url = new URL(location, url).href
  }
  throw new UserError(`${new URL(first).host} redirects in circles.`, { code: 'download' })
}

async function head(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const stop = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const answer = await fetch(url, {
        method: 'HEAD',
        redirect: 'manual',
        headers: { ...headers, 'accept-encoding': 'identity' },
        signal: stop,
      })
      if (answer.status !== 429 && answer.status < 500) return answer
      if (attempt === MOST_ATTEMPTS) {
        throw new UserError(`${new URL(url).host} answers ${answer.status}. Try again later.`, { code: 'download' })
      }
      const seconds = Number(answer.headers.get('retry-after') ?? attempt)
      await new Promise((resolve) => setTimeout(resolve, Math.min(60, seconds) * 1000))
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof UserError) throw cause
      if (attempt === MOST_ATTEMPTS) {
        throw new UserError(
          `Cannot reach ${new URL(url).host}: ${messageOf(cause)}. Check the network, HTTPS_PROXY and HF_ENDPOINT.`,
          { code: 'download', cause },
        )
      }
    }
  }
}
