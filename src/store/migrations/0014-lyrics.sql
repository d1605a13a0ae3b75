-- The words of a song. Each change makes a version, so that earlier ones can be used again.
CREATE TABLE lyrics_versions (
  song_id INTEGER NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  lyrics TEXT NOT NULL,
  PRIMARY KEY (song_id, version)
) STRICT, WITHOUT ROWID;

-- Which version is in use. A song without a row never had words.
CREATE TABLE lyrics (
  song_id INTEGER PRIMARY KEY REFERENCES songs (id) ON DELETE CASCADE,
  -- 1, and one more with each change: a new version, or another one in use
  revision INTEGER NOT NULL,
  -- NULL: none is in use
  version INTEGER
) STRICT;
