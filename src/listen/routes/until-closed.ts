import type { FastifyReply } from 'fastify'

/** A signal that is aborted when the answer has been sent or the client has disconnected. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController()
  if (raw.closed) closed.abort('closed')
  else raw.once('close', () => closed.abort('closed'))
  return closed.signal
}
