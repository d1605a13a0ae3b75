import { readLibrary } from './library.ts'
import { serverUrl } from './server-url.ts'

/** What the server tells: an event's name and its JSON. 'open' and 'lost' are about the stream itself. */
export type Told = { name: string; data: string }

const NAMES = ['song', 'progress', 'job', 'workers', 'deleted', 'reset']

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000

/**
 * All songs, fetched in pages, and from then on one stream of server-sent events. The browser mends the stream where the connection
 * breaks. Where the server answers something else, as 503 while it starts or 410 when what was missed is no longer known, the browser gives up
 * (HTML Standard, 9.2.3), and all begins anew here: at once where the stream was open before, then after growing delays.
 */
export function openStream(tell: (told: Told) => void): { close(): void } {
  const closing = new AbortController()
  const { signal } = closing
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let retryMs = 0

  const tellIfOpen = (told: Told): void => {
    if (!signal.aborted) tell(told)
  }
  const beginLater = (): void => {
    tellIfOpen({ name: 'lost', data: '' })
    if (signal.aborted) return
    retry = setTimeout(begin, retryMs)
    retryMs = Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, 2 * retryMs))
  }
  const begin = (): void => {
    readLibrary(tellIfOpen, signal).then(listen, beginLater)
  }
  const listen = (version: string): void => {
    if (signal.aborted) return
    const opened = new EventSource(serverUrl(`events?since=${version}`))
    source = opened
    for (const name of NAMES) {
      opened.addEventListener(name, (event) => tellIfOpen({ name, data: (event as MessageEvent<string>).data }))
    }
    opened.onopen = () => {
      retryMs = 0
      tellIfOpen({ name: 'open', data: '' })
    }
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) beginLater()
      else tellIfOpen({ name: 'lost', data: '' })
    }
  }
  begin()
  return {
    close() {
      clearTimeout(retry)
      closing.abort()
      source?.close()
    },
  }
}

/**
 * The stream that all pages of this browser share, because a browser opens six connections to a host and no more. Where
 * there is no SharedWorker (some phones) every page has its own.
 */
export function listenToServer(tell: (told: Told) => void): void {
  if (typeof SharedWorker === 'undefined') {
    openStream(tell)
    return
  }
  const worker = new SharedWorker(new URL('./event-worker.ts', import.meta.url), { type: 'module' })
  worker.port.onmessage = ({ data }: MessageEvent<Told>) => tell(data)
  worker.onerror = () => openStream(tell)
  addEventListener('pagehide', () => worker.port.postMessage('bye'))
  // A page that comes back out of the browser's memory has missed what was told meanwhile.
  addEventListener('pageshow', ({ persisted }) => persisted && worker.port.postMessage('hello'))
}
