-- Ordered lists of songs for a gig or a rehearsal.
CREATE TABLE setlists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  -- 1, and one more with each change: of two copies the one with the higher version is the newer one
  version INTEGER NOT NULL DEFAULT 1,
  -- when it was deleted; it can be restored until it is erased
  deleted_at INTEGER
) STRICT;

-- A deleted song keeps its place. A song that the ledger does not know keeps it too: `recover` may add that song later.
CREATE TABLE setlist_songs (
  setlist_id INTEGER NOT NULL REFERENCES setlists (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  song_id INTEGER NOT NULL,
  PRIMARY KEY (setlist_id, position),
  UNIQUE (setlist_id, song_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX setlists_of_song ON setlist_songs (song_id);
