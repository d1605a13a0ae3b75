import type { Database } from '../store/ledger/database.ts'
import { getJob } from '../store/queries/jobs.ts'
import type { ConnectedWorkers } from './connected-workers.ts'
import type { WorkerAnswer } from './schemas.ts'

/** The connected workers, as the API and the events describe them. A job of another server is not named. */
export function workerAnswers({
  db,
  workers,
  serverId,
}: {
  db: Database
  workers: ConnectedWorkers
  serverId: string
}): WorkerAnswer[] {
  return workers.list().map((worker) => {
    const jobId = worker.serverId === serverId ? worker.jobId : null
    return {
      worker: worker.worker,
      host: worker.host,
      pid: worker.pid,
      state: worker.state,
      job_id: jobId,
      music_id: jobId === null ? null : (getJob(db, jobId)?.songId ?? null),
      models: worker.models,
      since: new Date(worker.startedAt).toISOString(),
      jobs: worker.jobs,
      speed: worker.speed,
    }
  })
}
