// Keeps the page itself, and only that, so that it opens while the server is away. What the server has is always asked for.
/** The path that the page is at: the root, or where a proxy shows it. Pages at other paths of the host keep theirs. */
const ROOT = new URL('./', location.href).pathname
const NAME = `minus-one-shell${ROOT.slice(0, -1)}`

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  const isShell = pathname === ROOT || pathname.startsWith(`${ROOT}assets/`)
  if (event.request.method === 'GET' && origin === location.origin && isShell) {
    event.respondWith(freshOrKept(event.request, pathname))
  }
})

/** What a proxy answers for a server that is away, and a server that is only starting. */
const AWAY = [502, 503, 504]

async function freshOrKept(request, pathname) {
  const cache = await caches.open(NAME)
  try {
    const answer = await fetch(request)
    // Where there is no room to keep it, the page is there all the same.
    if (answer.ok) await keep(cache, pathname, answer.clone()).catch(() => undefined)
    return (AWAY.includes(answer.status) && (await cache.match(pathname))) || answer
  } catch (error) {
    const kept = await cache.match(pathname)
    if (kept) return kept
    throw error
  }
}

/** Another page than the one that is kept names other files: those of the old one are let go. */
async function keep(cache, pathname, answer) {
  if (pathname === ROOT) {
    const before = await (await cache.match(ROOT))?.text()
    if (before !== undefined && before !== (await answer.clone().text())) {
      for (const old of await cache.keys()) await cache.delete(old)
    }
  }
  await cache.put(pathname, answer)
}
