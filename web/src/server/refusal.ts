/** The server, or a proxy in front of it, refused a request. The message is for the user. */
export class Refusal extends Error {
  override name = 'Refusal'
  /** What kind of refusal it is, in the words of the API; null if the server did not say. */
  readonly code: string | null

  constructor(message: string, { code = null }: { code?: string | null } = {}) {
    super(message)
    this.code = code
  }
}

/** The server wants the request again later. */
export class Busy extends Refusal {
  override name = 'Busy'
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * @param answer the body as JSON; null if a proxy answered with a page of its own, or with nothing
 * @param retryAfterSeconds 0 if the answer does not say when to ask again
 */
export function refusalOf(status: number, answer: unknown, retryAfterSeconds = 0): Refusal {
  const { error, code } = (answer ?? {}) as { error?: unknown; code?: unknown }
  const words = typeof error === 'string' ? error : answerInWords(status)
  return status === 429 && retryAfterSeconds > 0
    ? new Busy(words, 1_000 * retryAfterSeconds)
    : new Refusal(words, { code: typeof code === 'string' ? code : null })
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

/** The meaning of a status that is no success, as a part of a sentence. */
export function reasonOfStatus(status: number): string {
  return ANSWERS[status]?.reason ?? `the server, or a proxy in front of it, answered ${status}`
}

function answerInWords(status: number): string {
  const reason = reasonOfStatus(status)
  return [`${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, ANSWERS[status]?.advice].filter(Boolean).join(' ')
}
