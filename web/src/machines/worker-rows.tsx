import { titleOf } from '../../../src/song/song-title.ts'
import type { WorkerAnswer } from '../server/api.ts'
import { songs, workers } from '../server/songs.ts'

/** The workers, and what each does. */
export function WorkerRows() {
  const present = workers.value
  if (present.length === 0)
    return <p class="waits">Nobody is here to separate songs: they wait until a worker is added.</p>
  return (
    <ul class="worker-rows" aria-label="Workers">
      {present.map((worker) => (
        <li key={worker.worker} data-state={worker.state}>
          <span>
            <code>{worker.worker}</code> <span class="soft small">on {worker.host}</span>
          </span>
          <span class="numbers small">{worker.speed ? `${worker.speed.toFixed(1)} ×` : '—'}</span>
          <span>{workOf(worker, present)}</span>
          <span class="soft small numbers">{worker.jobs === 1 ? '1 job done' : `${worker.jobs} jobs done`}</span>
        </li>
      ))}
    </ul>
  )
}

/** @param present all workers */
function workOf({ state, music_id, job_id }: WorkerAnswer, present: readonly WorkerAnswer[]): string {
  const hasOther = present.some((each) => each.state !== 'lost')
  if (state === 'lost') return `was lost; its work ${hasOther ? 'is done by' : 'waits for'} another`
  if (job_id === null) return state
  const song = music_id === null ? undefined : songs.value.get(music_id)
  return song ? `separates “${titleOf({ id: song.music.music_id, title: song.music.name })}”` : `does job ${job_id}`
}
