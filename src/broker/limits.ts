/** The longest time from the first byte of a new connection until the broker has accepted its login. Both sides apply it. */
export const LOGIN_TIMEOUT_MS = 10_000
/** The messages of the program are small. A peer with this many unsent bytes no longer reads, so its connection is closed. */
export const MAX_UNSENT_BYTES = 8 << 20
/** The longest frame, with its body. */
export const MAX_FRAME_BYTES = 64 * 1024
/** The longest command and headers of one frame. Those of the program take a tenth of it. */
export const MAX_HEAD_BYTES = 8 * 1024
export const MAX_HEADERS = 100
