/** What kind of fault a UserError is. `listen/http-statuses.ts` lists the HTTP status and code of each. */
export type ErrorCode =
  // a request, or its form
  | 'bad-host'
  | 'bad-request'
  | 'broken-form'
  | 'broken-off'
  | 'changed-elsewhere'
  | 'file-deleted'
  | 'file-not-found'
  | 'forbidden'
  | 'foreign-host'
  | 'foreign-origin'
  | 'form-too-large'
  | 'job-not-found'
  | 'music-not-deleted'
  | 'music-not-found'
  | 'lyrics-off'
  | 'no-cover'
  | 'no-lyrics'
  | 'not-found'
  | 'not-json'
  | 'not-yet'
  | 'setlist-not-deleted'
  | 'setlist-not-found'
  | 'song-failed'
  | 'song-not-failed'
  | 'song-not-separated'
  | 'too-many-in-setlist'
  | 'too-many-setlists'
  | 'track-not-found'
  | 'unauthorized'
  | 'unknown-song-in-setlist'
  | 'unknown-track-wanted'
  | 'version-gone'
  | 'version-missing'
  // too much at once
  | 'busy'
  | 'too-many'
  | 'too-many-uploads'
  // a song's file
  | 'empty'
  | 'no-sound'
  | 'no-track'
  | 'stopped'
  | 'too-large'
  | 'too-long'
  | 'undecodable'
  // the words of a song
  | 'no-text'
  | 'no-voice'
  | 'text-does-not-fit'
  | 'bad-lyrics'
  | 'lyrics-untimed'
  // a worker's call
  | 'gone'
  | 'no-sound-values'
  | 'not-a-result'
  | 'result-too-long'
  | 'wrong-length'
  | 'wrong-token'
  // a model
  | 'download'
  | 'interrupted'
  | 'model-broken'
  | 'model-not-found'
  | 'name-taken'
  | 'pins-broken'
  | 'unfinished'
  | 'wrong-hash'
  // the command line, the settings and the data folder
  | 'config'
  | 'exists'
  | 'folder-in-use'
  | 'folder-not-ours'
  | 'ledger-missing'
  | 'ledger-newer'
  | 'ledger-of-another'
  | 'no-file'
  | 'songs-missing'
  | 'unreadable'
  | 'usage'
  // the machine or the ledger (`platform/transient-fault.ts`)
  | 'disk-error'
  | 'folder-gone'
  | 'ledger-busy'
  | 'ledger-damaged'
  | 'no-descriptors'
  | 'no-memory'
  | 'no-room'
  | 'read-only'

/**
 * An error that the user can correct. It is shown as it is and never retried. The message says what happened, to which song
 * or job, and what to do. Every other error is a defect or a transient fault: it is logged, and a job that met it is given back.
 */
export class UserError extends Error {
  override name = 'UserError'
  readonly code: ErrorCode
  /** After this time the same request may succeed; null if it will not. */
  readonly retryAfterSeconds: number | null

  constructor(
    message: string,
    { code, retryAfterSeconds = null, cause }: { code: ErrorCode; retryAfterSeconds?: number | null; cause?: unknown },
  ) {
    super(message, { cause })
    this.code = code
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
