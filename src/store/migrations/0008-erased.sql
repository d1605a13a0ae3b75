-- Songs that were deleted for good, so that a backup may let go of them: what is only not known is not deleted.
CREATE TABLE erased_songs (
  song_id INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (song_id, added_at)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER song_erased AFTER DELETE ON songs BEGIN
  INSERT OR IGNORE INTO erased_songs (song_id, added_at) VALUES (old.id, old.added_at);
END;
