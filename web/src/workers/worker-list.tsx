import type { WorkerAnswer } from '../server/api.ts'
import { workers } from '../server/songs.ts'
import { AddWorker } from './add-worker.tsx'

export function WorkerList() {
  const all = workers.value
  const isAlone = all.every(({ state }) => state === 'lost')
  return (
    <section class="workers" aria-label="Workers">
      <h2>Workers</h2>
      {isAlone ? <p class="waits">Nobody is here to separate songs: they wait until a worker is added.</p> : null}
      {all.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              <th>Worker</th>
              <th>Host</th>
              <th>Does</th>
              <th>Jobs</th>
              <th>Speed</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ worker, host, state, job_id, music_id, jobs, speed }) => (
              <tr key={worker} class={state === 'lost' ? 'lost' : ''}>
                <td>
                  <code>{worker}</code>
                </td>
                <td>{host}</td>
                <td>{activity({ state, job_id, music_id }, isAlone)}</td>
                <td>{jobs}</td>
                <td>{speed ? `${speed.toFixed(1)} ×` : '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <AddWorker />
    </section>
  )
}

/** @param isAlone whether no worker is connected */
function activity(
  { state, job_id, music_id }: Pick<WorkerAnswer, 'state' | 'job_id' | 'music_id'>,
  isAlone: boolean,
): string {
  if (state === 'lost') return `was lost; its work ${isAlone ? 'waits for another' : 'is done by another'}`
  return job_id ? `job ${job_id} of song ${music_id ?? '?'}` : state
}
