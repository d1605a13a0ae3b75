/**
 * A fault that the person can mend: shown to them as it is, answered with its HTTP status, never retried.
 * The message says what happened, to which song or job, and the way out. Everything else that is thrown is a defect or a
 * passing fault of the machine: it is logged, answered 500, and a job that met it goes back.
 */
export class UserError extends Error {
  override name = 'UserError'
  readonly code: string
  readonly status: number
  /** After which the same request may succeed; null where it will not. */
  readonly retryAfterSeconds: number | null

  constructor(
    message: string,
    {
      code,
      status = 400,
      retryAfterSeconds = null,
      cause,
    }: { code: string; status?: number; retryAfterSeconds?: number | null; cause?: unknown },
  ) {
    super(message, { cause })
    this.code = code
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Closes an exhaustive switch: TypeScript refuses the call while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether a message is that of an allocation that failed: ONNX Runtime, the C++ library and V8 say it in words alone. */
export function isOutOfMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocation failed|failed to allocate/i.test(message)
}
