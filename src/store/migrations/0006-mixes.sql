-- A mix in which some of the tracks it keeps are louder or softer: their gains in dB by track id, as JSON.
ALTER TABLE files ADD COLUMN gains TEXT;
-- 'image/jpeg' or 'image/png' where the song came with a cover.
ALTER TABLE songs ADD COLUMN cover TEXT;
