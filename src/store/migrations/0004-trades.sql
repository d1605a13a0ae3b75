-- 'job/generation' of the invitation by which a worker came to this job, where that was another job's.
ALTER TABLE jobs ADD COLUMN invitation TEXT;
CREATE INDEX jobs_by_invitation ON jobs (invitation) WHERE invitation IS NOT NULL;
