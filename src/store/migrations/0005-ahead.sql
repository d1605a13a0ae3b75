-- A job whose input was decoded ahead of the song's own decoding, by a jump into the file; 0 once that has confirmed it.
ALTER TABLE jobs ADD COLUMN is_ahead INTEGER NOT NULL DEFAULT 0;
-- What an attempt at such a job was given to hear.
ALTER TABLE attempts ADD COLUMN input_sha256 TEXT;
-- Where the part that was decoded ahead ends, 44,100 Hz samples.
ALTER TABLE songs ADD COLUMN ahead_samples INTEGER NOT NULL DEFAULT 0;
