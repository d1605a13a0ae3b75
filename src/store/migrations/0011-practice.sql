-- What users set to practise a song (mix, key, tempo, loop, markers), as JSON. A song without a row has the defaults.
CREATE TABLE practice_settings (
  song_id INTEGER PRIMARY KEY REFERENCES songs (id) ON DELETE CASCADE,
  -- 1, and one more with each change
  version INTEGER NOT NULL,
  settings TEXT NOT NULL
) STRICT;
