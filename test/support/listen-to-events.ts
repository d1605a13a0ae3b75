import type { PageEvent } from '../../src/listen/events/page-events.ts'

/**
 * Listens to the events of a server from now on: the present state first, then all changes. The array grows until the signal
 * is aborted.
 */
export function listenToEvents(url: string, signal: AbortSignal): readonly PageEvent[] {
  const heard: PageEvent[] = []
  const listen = async (): Promise<void> => {
    const { body } = await fetch(`${url}/events`, { signal })
    let text = ''
    for await (const portion of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const blocks = (text + portion).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const [, type] = /^event: (.*)$/m.exec(block) ?? []
        const [, json] = /^data: (.*)$/m.exec(block) ?? []
        if (type && json) heard.push({ type, data: JSON.parse(json) } as PageEvent)
      }
    }
  }
  listen().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return heard
}
