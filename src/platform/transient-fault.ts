/**
 * A fault of the machine or of the ledger that ends by itself, or that the operator corrects. No song is to blame: a request
 * is told to come again, a task waits and tries again, and timers continue.
 */
export type TransientFault =
  | 'no-room'
  | 'ledger-busy'
  | 'ledger-damaged'
  | 'read-only'
  | 'disk-error'
  | 'no-descriptors'
  | 'no-memory'
  | 'folder-gone'

/** Thrown if DATA_DIR is no longer the folder that the server opened. */
export class FolderGone extends Error {
  override name = 'FolderGone'
}

/** By errno(3), as Node names it. */
const BY_ERRNO: Readonly<Record<string, TransientFault>> = {
  ENOSPC: 'no-room',
  EDQUOT: 'no-room',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  EIO: 'disk-error',
  ESTALE: 'disk-error',
  EMFILE: 'no-descriptors',
  ENFILE: 'no-descriptors',
  ENOMEM: 'no-memory',
  // fork(2) without memory for another process
  EAGAIN: 'no-memory',
  ERR_MEMORY_ALLOCATION_FAILED: 'no-memory',
}

/** By primary result code (SQLite, "Result and Error Codes"). */
const BY_SQLITE: Readonly<Record<number, TransientFault>> = {
  5: 'ledger-busy', // BUSY
  6: 'ledger-busy', // LOCKED
  7: 'no-memory', // NOMEM
  8: 'read-only', // READONLY
  10: 'disk-error', // IOERR
  11: 'ledger-damaged', // CORRUPT
  13: 'no-room', // FULL
  14: 'disk-error', // CANTOPEN
  26: 'ledger-damaged', // NOTADB
}

/** Extended result codes that say more than their primary one. */
const BY_SQLITE_EXTENDED: Readonly<Record<number, TransientFault>> = {
  1032: 'folder-gone', // READONLY_DBMOVED
  3082: 'no-memory', // IOERR_NOMEM
  4874: 'no-room', // IOERR_SHMSIZE: no space for the index of the write-ahead log
}

/** The transient fault behind an error, or null. */
export function transientFaultOf(error: unknown): TransientFault | null {
  if (!(error instanceof Error)) return null
  if (error instanceof FolderGone) return 'folder-gone'
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number')
    return BY_SQLITE_EXTENDED[errcode] ?? BY_SQLITE[errcode & 0xff] ?? null
  if (typeof code === 'string' && code in BY_ERRNO) return BY_ERRNO[code] ?? null
  return error instanceof RangeError && /allocation failed/i.test(error.message) ? 'no-memory' : null
}

/** The message and the Retry-After that answer a request during each fault. */
export const TRANSIENT_FAULTS: Readonly<Record<TransientFault, { message: string; retryAfterSeconds: number }>> = {
  'no-room': {
    message: 'The server has no room left on its disk. Delete songs, or make room and try again.',
    retryAfterSeconds: 30,
  },
  'ledger-busy': {
    message: 'Another program holds the ledger of the server (a database shell, a backup tool). Try again in a moment.',
    retryAfterSeconds: 1,
  },
  'ledger-damaged': {
    message: 'The ledger of the server is damaged. Its operator has to stop it and run minus-one recover.',
    retryAfterSeconds: 60,
  },
  'read-only': {
    message: 'The data folder of the server (DATA_DIR) cannot be written. Try again later.',
    retryAfterSeconds: 10,
  },
  'disk-error': {
    message: 'The disk of the server reports errors. Try again later.',
    retryAfterSeconds: 10,
  },
  'no-descriptors': {
    message: 'The server has too many files and connections open. Try again in a moment.',
    retryAfterSeconds: 2,
  },
  'no-memory': {
    message: 'The server has no memory left for this. Try again in a moment.',
    retryAfterSeconds: 5,
  },
  'folder-gone': {
    message: 'The data folder of the server (DATA_DIR) is gone or was replaced. Put it back, or restart the server.',
    retryAfterSeconds: 10,
  },
}
