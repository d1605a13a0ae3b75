/** How long a new connection may take from its first byte until the broker has accepted its login; both sides keep to it. */
export const LOGIN_TIMEOUT_MS = 10_000
/** Our messages are small: a peer with so many unsent bytes reads nothing any more, and its connection is closed. */
export const MOST_UNSENT_BYTES = 8 << 20
