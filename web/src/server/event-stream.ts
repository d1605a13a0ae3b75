import { readLibrary } from './read-library.ts'
import { serverUrl } from './server-url.ts'
import { HEARD_TYPES, type MessageText, messageWithoutData } from './stream-message.ts'

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000

/**
 * Fetches all songs, page by page, then listens to server-sent events. The browser itself reconnects after a broken
 * connection. It gives up on any other answer (HTML Standard, 9.2.3), such as 503 while the server starts, or 410 when the
 * server no longer has the missed events. Then all songs are fetched again: at once if the stream had been open, otherwise after
 * growing delays.
 */
export function openStream(send: (message: MessageText) => void): { close(): void } {
  const closing = new AbortController()
  const { signal } = closing
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let retryMs = 0

  const sendIfOpen = (message: MessageText): void => {
    if (!signal.aborted) send(message)
  }
  const beginLater = (): void => {
    sendIfOpen(messageWithoutData('disconnected'))
    if (signal.aborted) return
    retry = setTimeout(begin, retryMs)
    retryMs = Math.min(MAX_RETRY_MS, Math.max(FIRST_RETRY_MS, 2 * retryMs))
  }
  const begin = (): void => {
    readLibrary(sendIfOpen, signal).then(listen, beginLater)
  }
  const listen = (version: string): void => {
    if (signal.aborted) return
    const opened = new EventSource(serverUrl(`events?since=${version}`))
    source = opened
    for (const type of HEARD_TYPES) {
      opened.addEventListener(type, (event) => sendIfOpen({ type, json: (event as MessageEvent<string>).data }))
    }
    opened.onopen = () => {
      retryMs = 0
      sendIfOpen(messageWithoutData('connected'))
    }
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) beginLater()
      else sendIfOpen(messageWithoutData('disconnected'))
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
 * Opens the stream that all pages of this browser share, because a browser opens only six connections to a host. Without
 * SharedWorker, as on some phones, every page opens its own.
 */
export function listenToServer(receive: (message: MessageText) => void): void {
  if (typeof SharedWorker === 'undefined') {
    openStream(receive)
    return
  }
  const worker = new SharedWorker(new URL('./event-worker.ts', import.meta.url), { type: 'module' })
  worker.port.onmessage = ({ data }: MessageEvent<MessageText>) => receive(data)
  worker.onerror = () => openStream(receive)
  addEventListener('pagehide', () => worker.port.postMessage('leave'))
  // A page that the browser restores from its back-forward cache has missed the messages sent meanwhile.
  addEventListener('pageshow', ({ persisted }) => persisted && worker.port.postMessage('join'))
}
