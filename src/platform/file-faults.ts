/* Explains errors of the file system (errno(3)) to a user, and says what to do. */

const NO_DESCRIPTORS = "Too many files are open. Raise that limit with 'ulimit -n'."
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  ENOTDIR: 'There is no such file: a part of its path is a file, not a folder.',
  EACCES: 'This user may not read it, or may not enter a folder above it. Change that with chmod.',
  EPERM: 'This user may not read it. Run this as a user who may.',
  ELOOP: 'Its symbolic links lead in a circle.',
  ENAMETOOLONG: 'No file has a name as long as this.',
  EIO: 'The disk could not read it.',
  EMFILE: NO_DESCRIPTORS,
  ENFILE: NO_DESCRIPTORS,
}

const UNWRITABLE: Readonly<Record<string, string>> = {
  ENOENT: 'No folder can be made there.',
  ENOTDIR: 'A file is where a folder would have to be.',
  EEXIST: 'Something else is where a folder would have to be.',
  EACCES: 'This user may not write there.',
  EPERM: 'Nobody may write there.',
  EROFS: 'That disk is read-only.',
  ENOSPC: 'There is no room left on that disk.',
  EDQUOT: 'The quota of this user is used up there.',
  EFBIG: "A file may not become so large there ('ulimit -f').",
  ENAMETOOLONG: 'That path is longer than the file system takes.',
  ELOOP: 'Symbolic links lead in a circle there.',
  EIO: 'The disk could not write there.',
  EMFILE: NO_DESCRIPTORS,
  ENFILE: NO_DESCRIPTORS,
}

/** Explains why a file could not be read. Returns null if it is not an error of the file system. */
export function whyUnreadable(error: unknown): string | null {
  const { code = '' } = error as NodeJS.ErrnoException
  return code in UNREADABLE ? `${UNREADABLE[code]} (${code})` : null
}

/**
 * Explains why nothing could be written. Returns null if it is not an error of the file system.
 * @param wayOut tells how to choose another place
 */
export function whyUnwritable(error: unknown, wayOut: string): string | null {
  const { code = '' } = error as NodeJS.ErrnoException
  return code in UNWRITABLE ? `${UNWRITABLE[code]} ${wayOut} (${code})` : null
}
