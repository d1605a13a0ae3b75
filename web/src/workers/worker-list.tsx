import { workers } from '../server/songs.ts'
import { AddWorker } from './add-worker.tsx'

export function WorkerList() {
  const present = workers.value
  return (
    <section class="workers" aria-label="Workers">
      <h2>Workers</h2>
      {present.length === 0 ? (
        <p class="waits">Nobody is here to separate songs: they wait until a worker is added.</p>
      ) : (
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
            {present.map(({ worker, host, state, job_id, music_id, jobs, speed }) => (
              <tr key={worker}>
                <td>
                  <code>{worker}</code>
                </td>
                <td>{host}</td>
                <td>{job_id ? `job ${job_id} of song ${music_id ?? '?'}` : state}</td>
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
