import type { Log } from '../log.ts'
import type { Database } from '../store/ledger/database.ts'
import { attemptsOf } from '../store/queries/attempts.ts'
import { jobOfSegment, type SeparationJob, unconfirmedJobs } from '../store/queries/jobs.ts'
import type { Song } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { hashInput, readInput } from '../store/song-files/segment-input.ts'
import { confirmInput, discardBlock, reopenJob } from '../store/transitions/jobs.ts'
import { isResultIntact } from './stored-result.ts'

/**
 * Compares inputs that came from a seek decode with the samples of the song's own decoding. Jobs with equal inputs are
 * confirmed, and jobs with different inputs are reopened. Jobs that are not done are compared when they are.
 */
export async function confirmInputs({
  db,
  folders,
  log,
  song,
}: {
  db: Database
  folders: Folders
  log: Log
  song: Song
}): Promise<void> {
  const changed: SeparationJob[] = []
  for (const job of unconfirmedJobs(db, song.id)) {
    const heard = attemptsOf(db, job.id).find(({ number }) => number === job.attempt)?.inputSha256
    if (heard === hashInput(await readInput({ folders, song, segment: job.segment }))) confirmInput(db, job.id)
    else changed.push(job)
  }
  const reopened = await reopenChangedJobs({ db, folders, jobs: changed })
  if (reopened === 0) return
  log.info(
    { songId: song.id },
    `Server: Music[${song.id}] - ${reopened} jobs are done again, because decoding from the beginning gave slightly different samples.`,
  )
}

/**
 * Reopens jobs whose input has changed. The blocks that contain their results are no longer final. Neighbouring jobs are
 * reopened too if their results are needed again but are gone.
 * @returns how many jobs were reopened
 */
async function reopenChangedJobs({
  db,
  folders,
  jobs,
}: {
  db: Database
  folders: Folders
  jobs: readonly SeparationJob[]
}): Promise<number> {
  let opened = 0
  for (const { songId, segment } of jobs) {
    for (const index of [segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job) discardBlock(db, job)
    }
    for (const index of [segment - 1, segment, segment + 1]) {
      const job = jobOfSegment(db, { songId, segment: index })
      if (job?.state !== 'done') continue
      if (index !== segment && (await isResultIntact(folders, job))) continue
      reopenJob(db, { job, cause: 'reopenAfterChangedInput' })
      opened++
    }
  }
  return opened
}
