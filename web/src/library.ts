import type { Told } from './event-stream.ts'
import { serverUrl } from './server-url.ts'

/** Few at first, so that the newest songs are on the page while the others are on their way. */
const FIRST_PAGE = 'music?order=newest&limit=50'
const NEXT_LIMIT = '500'

/**
 * Fetches all songs, page by page, and who works. 'library' is told first, 'songs' with each page, and 'whole' after the last one.
 * Resolves to the version since which the events go on.
 */
export async function readLibrary(tell: (told: Told) => void, signal: AbortSignal): Promise<string> {
  const [first, workers] = await Promise.all([get(FIRST_PAGE, signal), get('workers', signal)])
  tell({ name: 'library', data: '' })
  tell({ name: 'workers', data: await workers.text() })
  let page: Response = first
  for (;;) {
    tell({ name: 'songs', data: await page.text() })
    const path = nextPath(page)
    if (!path) break
    page = await get(path, signal)
  }
  tell({ name: 'whole', data: '' })
  return first.headers.get('x-minus-one-version') ?? ''
}

async function get(path: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(serverUrl(path), { signal })
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}.`)
  return response
}

/** What a page's Link header names (RFC 8288); null at the last one. */
function nextPath({ headers }: Response): string | null {
  const link = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]
  if (!link) return null
  const { pathname, searchParams } = new URL(link, location.origin)
  searchParams.set('limit', NEXT_LIMIT)
  return `${pathname}?${searchParams}`
}
