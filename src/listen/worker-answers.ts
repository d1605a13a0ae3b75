import type { Presence } from '../song/worker-presence.ts'
import type { Database } from '../store/ledger/database.ts'
import { getJob } from '../store/queries/jobs.ts'
import type { ConnectedWorkers } from './connected-workers.ts'
import type { WorkerAnswer } from './schemas.ts'

/**
 * The connected workers, and behind them those that were lost a moment ago, as the API and the events describe them. A job of
 * another server is not named.
 */
export function workerAnswers({
  db,
  workers,
  serverId,
}: {
  db: Database
  workers: ConnectedWorkers
  serverId: string
}): WorkerAnswer[] {
  const connected = workers.list().map((worker): WorkerAnswer => {
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
  return [...connected, ...workers.lost(performance.now()).map(lostAnswer)]
}

/** A lost worker has no job, no models and no speed, so that nobody counts on it. */
function lostAnswer({ worker, host, pid, startedAt, jobs }: Presence): WorkerAnswer {
  return {
    worker,
    host,
    pid,
    state: 'lost',
    job_id: null,
    music_id: null,
    models: [],
    since: new Date(startedAt).toISOString(),
    jobs,
    speed: null,
  }
}
