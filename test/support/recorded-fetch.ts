/** A request of the page, as the server would see it. */
export type Asked = { path: string; method: string; body: unknown; ifMatch: string | null }

/**
 * Replaces `fetch` and the address of the page, so that a test can read what the page's calls ask.
 * @param answer gives the answer of each request
 * @returns the requests, in order; it grows as the page asks
 */
export function recordFetch(answer: () => Response): Asked[] {
  const asked: Asked[] = []
  Object.assign(globalThis, {
    location: { href: 'http://server.test/assets/page.js' },
    fetch: async (url: string, { method = 'GET', body, headers }: RequestInit = {}) => {
      const json = body ? JSON.parse(String(body)) : null
      asked.push({ path: new URL(url).pathname, method, body: json, ifMatch: new Headers(headers).get('if-match') })
      return answer()
    },
  })
  return asked
}
