/**
 * An error that the user can correct. It is shown as it is, answered with its HTTP status and never retried. The message
 * says what happened, to which song or job, and what to do. Every other error is a defect or a passing fault: it is logged
 * and answered with 500, and a job that met it is given back.
 */
export class UserError extends Error {
  override name = 'UserError'
  readonly code: string
  readonly status: number
  /** After this time the same request may succeed; null if it will not. */
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

/** Whether a message reports a failed allocation. ONNX Runtime, the C++ library and V8 give no error code for it. */
export function isOutOfMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocation failed|failed to allocate/i.test(message)
}
