import { workers } from './state.ts'

export function WorkerList() {
  const present = workers.value
  return (
    <section class="workers" aria-label="Workers">
      <h2>Workers</h2>
      {present.length === 0 ? (
        <p>
          Nobody is here to separate songs. Start workers with <code>minus-one work</code>; songs wait until then.
        </p>
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
    </section>
  )
}
