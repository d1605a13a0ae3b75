/** How long a new connection may take from its first byte until the broker has accepted its login; both sides keep to it. */
export const LOGIN_TIMEOUT_MS = 10_000
/** Our messages are small: a peer with so many unsent bytes reads nothing any more, and its connection is closed. */
export const MAX_UNSENT_BYTES = 8 << 20
/** A frame with its body. */
export const MAX_FRAME_BYTES = 64 * 1024
/** The command and the headers of one frame. Ours take a tenth of it. */
export const MAX_HEAD_BYTES = 8 * 1024
export const MAX_HEADERS = 100
