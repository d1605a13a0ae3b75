-- Jobs of two kinds: one separates a segment; the other hears or places words in a range of the voice stem, and has no segment.
-- Dropping a table deletes what refers to its rows, so the attempts are kept aside meanwhile.
CREATE TABLE new_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  song_id INTEGER NOT NULL REFERENCES songs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL DEFAULT 'separate' CHECK (kind IN ('separate', 'lyrics')),
  segment INTEGER CHECK ((segment IS NULL) = (kind = 'lyrics')),
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'published', 'claimed', 'done', 'failed', 'cancelled')),
  generation INTEGER NOT NULL DEFAULT 0,
  token TEXT NOT NULL,
  published_at INTEGER,
  worker TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0,
  result_sha256 TEXT,
  done_at INTEGER,
  stretch_sha256 TEXT,
  invitation TEXT,
  is_ahead INTEGER NOT NULL DEFAULT 0,
  UNIQUE (song_id, segment)
) STRICT;
INSERT INTO new_jobs (id, song_id, segment, state, generation, token, published_at, worker, attempt, seconds, result_sha256,
  done_at, stretch_sha256, invitation, is_ahead)
SELECT id, song_id, segment, state, generation, token, published_at, worker, attempt, seconds, result_sha256,
  done_at, stretch_sha256, invitation, is_ahead FROM jobs;
-- An id is never used twice, not even that of a removed job.
DELETE FROM sqlite_sequence WHERE name = 'new_jobs';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_jobs', seq FROM sqlite_sequence WHERE name = 'jobs';

CREATE TABLE kept_attempts AS SELECT * FROM attempts;
DROP TABLE attempts;
DROP TABLE jobs;
ALTER TABLE new_jobs RENAME TO jobs;
CREATE INDEX jobs_by_state ON jobs (state, song_id, segment);
CREATE INDEX jobs_by_invitation ON jobs (invitation) WHERE invitation IS NOT NULL;
-- The first sounds that are still to be made, and the work on lyrics: the scheduler asks for both at every decision.
CREATE INDEX first_jobs_by_state ON jobs (state) WHERE segment = 0;
CREATE INDEX lyrics_jobs_by_state ON jobs (state, song_id) WHERE kind = 'lyrics';

CREATE TABLE attempts (
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  worker TEXT NOT NULL,
  delivery TEXT NOT NULL,
  token TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'lost', 'returned')),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  reason TEXT,
  input_sha256 TEXT,
  PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO attempts (job_id, number, worker, delivery, token, state, started_at, ended_at, reason, input_sha256)
SELECT job_id, number, worker, delivery, token, state, started_at, ended_at, reason, input_sha256 FROM kept_attempts;
DROP TABLE kept_attempts;

-- What people see of a separation counts these jobs only. The condition is one that the indexes hold.
CREATE VIEW separation_jobs AS SELECT * FROM jobs WHERE segment IS NOT NULL;

-- What a job of kind 'lyrics' is to do: its range of the song in samples, its task and, once it is done, its result (JSON).
CREATE TABLE lyrics_tasks (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  song_id INTEGER NOT NULL,
  -- transcribe or align, and the task's place among those of its song
  step TEXT NOT NULL CHECK (step IN ('transcribe', 'align')),
  position INTEGER NOT NULL,
  model_id TEXT NOT NULL,
  start_sample INTEGER NOT NULL,
  samples INTEGER NOT NULL,
  task TEXT NOT NULL,
  result TEXT,
  UNIQUE (song_id, step, position)
) STRICT;

-- The work on the lyrics of a song that was asked for and is not finished.
CREATE TABLE lyrics_work (
  song_id INTEGER PRIMARY KEY REFERENCES songs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('align', 'transcribe')),
  -- the language that was chosen; NULL if it is to be heard
  language TEXT,
  -- the model that hears the voice, fixed when the first job is added
  model_id TEXT,
  -- the text to be placed, as it was when the work began (JSON); NULL if it is to be heard
  lyrics TEXT,
  -- the revision of the song's lyrics on which the work is based: a later change by a person wins
  revision INTEGER NOT NULL,
  -- where the voice is and which windows and groups it is cut into, as far as that is fixed (JSON)
  plan TEXT,
  -- the number of jobs that are expected; 0 while it is unknown
  total INTEGER NOT NULL DEFAULT 0,
  -- why it failed; NULL unless it has
  reason TEXT,
  asked_at INTEGER NOT NULL,
  -- the turn in which a job of it was published last, as in songs.served_at
  served_at INTEGER NOT NULL DEFAULT 0
) STRICT;
