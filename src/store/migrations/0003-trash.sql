-- When a song was deleted; from then on it is found by nobody but those who restore it or remove it for good.
ALTER TABLE songs ADD COLUMN deleted_at INTEGER;
