/**
 * A fault that the person can mend: shown to them as it is, answered with its HTTP status, never retried.
 * The message says what happened, to which song or job, and the way out. Everything else that is thrown is a defect or a
 * passing fault of the machine: it is logged, answered 500, and a job that met it goes back.
 */
export class UserError extends Error {
  override name = 'UserError'
  readonly code: string
  readonly status: number

  constructor(message: string, { code, status = 400, cause }: { code: string; status?: number; cause?: unknown }) {
    super(message, { cause })
    this.code = code
    this.status = status
  }
}

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE of its index in shared memory (SQLite, result codes). */
const SQLITE_NO_ROOM: ReadonlySet<unknown> = new Set([13, 4874])

/** Whether a disk is full, as a file (ENOSPC) or the ledger says: a passing fault, to be waited for. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return code === 'ENOSPC' || (code === 'ERR_SQLITE_ERROR' && SQLITE_NO_ROOM.has(errcode))
}

/** Closes an exhaustive switch: TypeScript refuses the call while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
