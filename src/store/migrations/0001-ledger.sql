-- Ids are AUTOINCREMENT: never used twice, not even after a reset, so a late message can never mean another song.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE songs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_name TEXT NOT NULL,
  title TEXT NOT NULL,
  band TEXT NOT NULL,
  album TEXT NOT NULL,
  model TEXT NOT NULL,
  announced_seconds REAL,
  -- 44,100 Hz samples that are on disk; the song's length once is_decoded
  samples INTEGER NOT NULL DEFAULT 0,
  is_decoded INTEGER NOT NULL DEFAULT 0,
  -- added: nothing was asked for yet; separating; separated: every stem is whole; failed: see error
  state TEXT NOT NULL DEFAULT 'added' CHECK (state IN ('added', 'separating', 'separated', 'failed')),
  error TEXT,
  warnings TEXT NOT NULL DEFAULT '[]',
  -- the ids of the tracks to keep in the final mix, as JSON
  kept TEXT,
  -- the highest progress ever told, so that it never goes back
  progress INTEGER NOT NULL DEFAULT 0,
  added_at INTEGER NOT NULL,
  asked_at INTEGER,
  separated_at INTEGER,
  -- when a job of it was published last: songs take turns
  served_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE tracks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  song_id INTEGER NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
  stem TEXT NOT NULL
) STRICT;
CREATE INDEX tracks_of_song ON tracks (song_id);

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  song_id INTEGER NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
  segment INTEGER NOT NULL,
  -- waiting: in the ledger only; published: at the broker; claimed: a worker has it; done: its result counts
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'published', 'claimed', 'done', 'failed', 'cancelled')),
  generation INTEGER NOT NULL DEFAULT 0,
  token TEXT NOT NULL,
  published_at INTEGER,
  worker TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0,
  result_sha256 TEXT,
  done_at INTEGER,
  -- the hash of the final stretch of all stems, once it is in their files
  stretch_sha256 TEXT,
  UNIQUE (song_id, segment)
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, song_id, segment);

CREATE TABLE attempts (
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  worker TEXT NOT NULL,
  -- names one delivery of an invitation to one worker: the same claim repeated gets the same attempt
  delivery TEXT NOT NULL,
  token TEXT NOT NULL,
  -- lost: the worker died or froze; returned: it could not try, which counts against nobody
  state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'lost', 'returned')),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  reason TEXT,
  PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  song_id INTEGER NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
  -- a stem's file belongs to its track, a mix to the tracks it keeps (JSON, ascending ids)
  track_id INTEGER REFERENCES tracks (id) ON DELETE CASCADE,
  kept TEXT,
  is_ready INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX files_of_song ON files (song_id);
