/** What the server, or a proxy in front of it, said no to, in words. */
export class Refusal extends Error {
  override name = 'Refusal'
}

/** The server said: not yet. */
export class Busy extends Refusal {
  override name = 'Busy'
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * @param answer what came as JSON; a proxy answers with a page of its own instead, or with nothing
 * @param retryAfterSeconds when to ask again, where the answer says so
 */
export function refusalOf(status: number, answer: unknown, retryAfterSeconds = 0): Refusal {
  const { error } = (answer ?? {}) as { error?: unknown }
  const words = typeof error === 'string' ? error : answerInWords(status)
  return status === 429 && retryAfterSeconds > 0 ? new Busy(words, 1_000 * retryAfterSeconds) : new Refusal(words)
}

const NO_ANSWER = { reason: 'the server behind the proxy does not answer', advice: 'Try again in a moment.' }
const ANSWERS: Record<number, { reason: string; advice: string }> = {
  413: {
    reason: 'the proxy in front of the server refuses files of this size',
    advice: 'Whoever runs it can allow more (nginx: client_max_body_size).',
  },
  429: { reason: 'the server is busy', advice: 'Try again in a moment.' },
  502: NO_ANSWER,
  503: NO_ANSWER,
  504: NO_ANSWER,
}

/** What an answer means that is no success, as a part of a sentence. */
export function reasonOfStatus(status: number): string {
  return ANSWERS[status]?.reason ?? `the server, or a proxy in front of it, answered ${status}`
}

function answerInWords(status: number): string {
  const reason = reasonOfStatus(status)
  return [`${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, ANSWERS[status]?.advice].filter(Boolean).join(' ')
}
