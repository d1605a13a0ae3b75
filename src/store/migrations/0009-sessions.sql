-- Logins of browsers. The hash is HMAC-SHA-256 of the session's id under the access token: neither can be told from it.
CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
