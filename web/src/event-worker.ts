import { openStream } from './event-stream.ts'

/*
 * Runs once for all pages of the browser: one stream, told to all. A page that joins makes the stream begin anew, with
 * the present state first; the others hear it again, which changes nothing for them.
 */
const pages = new Set<MessagePort>()
let stream: ReturnType<typeof openStream> | null = null

function begin(): void {
  stream?.close()
  stream = openStream((told) => {
    for (const page of pages) page.postMessage(told)
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
    if (data === 'hello') join(page)
    else pages.delete(page)
    if (pages.size > 0) return
    stream?.close()
    stream = null
  }
  join(page)
})
