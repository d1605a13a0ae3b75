import { serverUrl } from './server-url.ts'
import { type MessageText, messageWithoutData } from './stream-message.ts'

/** The first page is small, so that the newest songs are shown while the others are still being fetched. */
const FIRST_PAGE = 'music?order=newest&limit=50'
const NEXT_LIMIT = '500'

/**
 * Fetches the workers, all songs, page by page, and the setlists: sends 'library' first, 'songs' with each page, and 'libraryEnd'
 * last. The setlists are asked for after the version is known, so that every later change of them is an event.
 * Resolves to the version of the library; events since that version complete it.
 */
export async function readLibrary(send: (message: MessageText) => void, signal: AbortSignal): Promise<string> {
  const [first, workers] = await Promise.all([get(FIRST_PAGE, signal), get('workers', signal)])
  send(messageWithoutData('library'))
  send({ type: 'workers', json: await workers.text() })
  let page: Response = first
  for (;;) {
    send({ type: 'songs', json: await page.text() })
    const path = nextPath(page)
    if (!path) break
    page = await get(path, signal)
  }
  send({ type: 'setlists', json: await (await get('setlists', signal)).text() })
  send(messageWithoutData('libraryEnd'))
  return first.headers.get('x-minus-one-version') ?? ''
}

async function get(path: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(serverUrl(path), { signal })
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}.`)
  return response
}

/** The next page that a Link header names (RFC 8288); null on the last page. */
function nextPath({ headers }: Response): string | null {
  const link = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]
  if (!link) return null
  const { pathname, searchParams } = new URL(link, location.origin)
  searchParams.set('limit', NEXT_LIMIT)
  return `${pathname}?${searchParams}`
}
