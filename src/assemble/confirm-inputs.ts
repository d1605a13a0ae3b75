import type { Log } from '../log.ts'
import type { Database } from '../store/ledger/database.ts'
import { attemptsOf } from '../store/queries/attempts.ts'
import { type Job, unconfirmedJobs } from '../store/queries/jobs.ts'
import type { Song } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { hashInput, readInput } from '../store/song-files/segment-input.ts'
import { confirmInput } from '../store/transitions/jobs.ts'
import { reopenChangedJobs } from './check-song.ts'

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
  const changed: Job[] = []
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
