-- A mix in which tracks are moved to one side (their pan from -1 to 1 by track id, as JSON), or in another key or tempo.
-- NULL is as recorded.
ALTER TABLE files ADD COLUMN pan TEXT;
ALTER TABLE files ADD COLUMN semitones INTEGER;
ALTER TABLE files ADD COLUMN tempo REAL;
