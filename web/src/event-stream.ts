/** What the server tells: an event's name and its JSON. 'open' and 'lost' are about the stream itself. */
export type Told = { name: string; data: string }

const NAMES = ['song', 'progress', 'job', 'workers', 'deleted', 'reset']

/** One stream of server-sent events. It mends itself; a new one begins with the present state. */
export function openStream(tell: (told: Told) => void): EventSource {
  const source = new EventSource('/events')
  for (const name of NAMES) {
    source.addEventListener(name, (event) => tell({ name, data: (event as MessageEvent<string>).data }))
  }
  source.onopen = () => tell({ name: 'open', data: '' })
  source.onerror = () => tell({ name: 'lost', data: '' })
  return source
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
