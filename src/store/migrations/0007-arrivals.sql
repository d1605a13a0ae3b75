-- While a song's file is still on its way: what its sender calls this upload. Such a song goes with its upload.
ALTER TABLE songs ADD COLUMN arrival TEXT;
