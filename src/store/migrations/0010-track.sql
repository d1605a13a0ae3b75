-- Which sound track of its file a song is, from 1; without one the decoder's own choice.
ALTER TABLE songs ADD COLUMN track INTEGER;
