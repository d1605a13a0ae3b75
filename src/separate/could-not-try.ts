/** The worker could not try the job, for a reason that is not the job's. The job is returned. */
export class CouldNotTry extends Error {
  override name = 'CouldNotTry'
}
