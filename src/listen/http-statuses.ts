import type { ErrorCode } from '../song/errors.ts'

/** @property code the API's code, if it differs from the kind of fault */
type Status = { status: number; code?: string }

/**
 * The HTTP status of every kind of fault (RFC 9110, 15.5; 428, 429 and 431 of RFC 6585; 507 of RFC 4918). The assignment requires
 * 405 for a file without sound and for tracks that cannot be kept.
 */
const STATUSES: Readonly<Record<ErrorCode, Status>> = {
  'bad-host': { status: 400 },
  'bad-request': { status: 400 },
  'broken-form': { status: 400 },
  'broken-off': { status: 400 },
  'changed-elsewhere': { status: 409 },
  'file-deleted': { status: 410 },
  'file-not-found': { status: 404 },
  forbidden: { status: 403 },
  'foreign-host': { status: 403 },
  'foreign-origin': { status: 403 },
  'form-too-large': { status: 413, code: 'broken-form' },
  'job-not-found': { status: 404 },
  'music-not-deleted': { status: 404 },
  'music-not-found': { status: 404 },
  'lyrics-off': { status: 403 },
  'no-cover': { status: 404 },
  'no-lyrics': { status: 404 },
  'not-found': { status: 404 },
  'not-json': { status: 400 },
  'not-yet': { status: 404 },
  'setlist-not-deleted': { status: 404 },
  'setlist-not-found': { status: 404 },
  'song-failed': { status: 405 },
  'song-not-failed': { status: 405 },
  'song-not-separated': { status: 405, code: 'not-yet' },
  'too-many-in-setlist': { status: 422 },
  'too-many-setlists': { status: 422 },
  'track-not-found': { status: 404 },
  unauthorized: { status: 401 },
  'unknown-song-in-setlist': { status: 422 },
  'unknown-track-wanted': { status: 405, code: 'track-not-found' },
  'version-gone': { status: 410 },
  'version-missing': { status: 428 },

  busy: { status: 429 },
  'too-many': { status: 429 },
  'too-many-uploads': { status: 429 },

  empty: { status: 405 },
  'no-sound': { status: 405 },
  'no-track': { status: 400 },
  stopped: { status: 400 },
  'too-large': { status: 413 },
  'too-long': { status: 413 },
  undecodable: { status: 405 },

  'no-text': { status: 409 },
  'no-voice': { status: 409 },
  'text-does-not-fit': { status: 409 },
  'bad-lyrics': { status: 400 },
  'lyrics-untimed': { status: 409 },

  gone: { status: 410 },
  'no-sound-values': { status: 422 },
  'not-a-result': { status: 422 },
  'result-too-long': { status: 413, code: 'wrong-length' },
  'wrong-length': { status: 422 },
  'wrong-token': { status: 401 },

  download: { status: 400 },
  interrupted: { status: 400 },
  'model-broken': { status: 400 },
  'model-not-found': { status: 400 },
  'name-taken': { status: 400 },
  'pins-broken': { status: 400 },
  unfinished: { status: 400 },
  'wrong-hash': { status: 400 },

  config: { status: 400 },
  exists: { status: 400 },
  'folder-in-use': { status: 400 },
  'folder-not-ours': { status: 400 },
  'ledger-missing': { status: 400 },
  'ledger-newer': { status: 400 },
  'ledger-of-another': { status: 400 },
  'no-file': { status: 400 },
  'songs-missing': { status: 400 },
  unreadable: { status: 400 },
  usage: { status: 400 },

  'disk-error': { status: 503 },
  'folder-gone': { status: 503 },
  'ledger-busy': { status: 503 },
  'ledger-damaged': { status: 503 },
  'no-descriptors': { status: 503 },
  'no-memory': { status: 503 },
  'no-room': { status: 507 },
  'read-only': { status: 503 },
}

/** The HTTP status and the API's code of a kind of fault. */
export function statusOf(code: ErrorCode): { status: number; code: string } {
  return { code, ...STATUSES[code] }
}
