import { openStream } from './event-stream.ts'

/*
 * A SharedWorker, one for all pages of the browser: it holds one stream and sends each message to all of them. When a page
 * joins, the stream begins again with all songs. The other pages get them again as well, which changes nothing for them.
 */
const pages = new Set<MessagePort>()
let stream: ReturnType<typeof openStream> | null = null

function begin(): void {
  stream?.close()
  stream = openStream((message) => {
    for (const page of pages) page.postMessage(message)
  })
}

function join(page: MessagePort): void {
  pages.add(page)
  begin()
}

addEventListener('connect', (event) => {
  const [page] = (event as MessageEvent).ports
  if (!page) return
  page.onmessage = ({ data }) => {
    if (data === 'join') join(page)
    else pages.delete(page)
    if (pages.size > 0) return
    stream?.close()
    stream = null
  }
  join(page)
})
