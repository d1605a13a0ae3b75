-- How a song is taken apart (JSON, see song/plan.ts), fixed when it is added; by model_id jobs find their workers.
ALTER TABLE songs ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE songs ADD COLUMN model_id TEXT NOT NULL DEFAULT '';
-- Mean and standard deviation of the whole song, for models that need them.
ALTER TABLE songs ADD COLUMN level_mean REAL;
ALTER TABLE songs ADD COLUMN level_deviation REAL;

-- Songs from before all have the one model there was; unfinished ones cannot be gone on with.
UPDATE songs SET model_id = model, plan = json_object(
  'modelId', model,
  'grid', json('{"strideSamples":458752,"inputOffsetSamples":-2048,"inputSamples":527360,"tailSamples":50176}'),
  'stems', json('["vocals","instrumental"]'), 'rest', 'instrumental', 'needsWholeSong', json('false'));
UPDATE songs SET state = 'failed', error = 'It was begun by an older version. Add it again.'
WHERE state IN ('added', 'separating');
