/*
 * A service worker that caches the files of the page, so that the page opens while the server is away. It caches none of the
 * server's answers.
 */

/** The path of the page: the root, or where a proxy serves it. Pages at other paths of the host have caches of their own. */
const ROOT = new URL('./', location.href).pathname
const CACHE_NAME = `minus-one-shell${ROOT.slice(0, -1)}`

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  const isShell = pathname === ROOT || pathname.startsWith(`${ROOT}assets/`)
  if (event.request.method === 'GET' && origin === location.origin && isShell) {
    event.respondWith(networkFirst(event.request, pathname))
  }
})

/** The answers of a proxy for a server that is away, and of a server that is starting. */
const AWAY = [502, 503, 504]

async function networkFirst(request, pathname) {
  const cache = await caches.open(CACHE_NAME)
  try {
    const answer = await fetch(request)
    // A full disk must not keep the page from opening.
    if (answer.ok) await store(cache, pathname, answer.clone()).catch(() => undefined)
    return (AWAY.includes(answer.status) && (await cache.match(pathname))) || answer
  } catch (error) {
    const cached = await cache.match(pathname)
    if (cached) return cached
    throw error
  }
}

/** A changed page names other files, so the files of the old one are removed. */
async function store(cache, pathname, answer) {
  if (pathname === ROOT) {
    const before = await (await cache.match(ROOT))?.text()
    if (before !== undefined && before !== (await answer.clone().text())) {
      for (const old of await cache.keys()) await cache.delete(old)
    }
  }
  await cache.put(pathname, answer)
}
