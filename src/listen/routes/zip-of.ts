import { makeZip } from 'client-zip'

export type ZipEntry = { name: string; bytes: number; content: AsyncGenerator<Buffer> }

/**
 * A zip of stored entries, made while it is read: one entry after another, in constant memory. Resolves when the first entry is
 * there, and throws what its making threw.
 * @param signal aborted when the zip is no longer read. The library does not end the entries then, so this does.
 */
export async function zipOf(
  entries: AsyncGenerator<ZipEntry>,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  const first = await entries.next()
  let current: ZipEntry | null = first.done ? null : first.value
  const end = (): void => {
    void current?.content.return(undefined).catch(() => undefined)
    void entries.return(undefined).catch(() => undefined)
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  async function* inputs() {
    if (current) yield inputOf(current)
    for await (current of entries) yield inputOf(current)
  }
  return read(makeZip(inputs()))
}

function inputOf({ name, bytes, content }: ZipEntry) {
  return { name, size: bytes, input: content }
}

/** Reads without a `cancel` at an early end, which the library answers by throwing. */
async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
