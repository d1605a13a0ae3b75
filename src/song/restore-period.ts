/** How long a deleted song can be restored. After that its files are erased. */
export const RESTORABLE_MINUTES = 10
export const RESTORABLE_MS = RESTORABLE_MINUTES * 60_000
