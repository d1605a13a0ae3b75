import type { Progress, Segment } from './api.ts'
import { Downloads, Lanes } from './lanes.tsx'
import { Transport } from './player/transport.tsx'
import { SongHeading } from './song-heading.tsx'
import type { Song } from './state.ts'

const STATES: Record<Progress['state'], string> = {
  added: 'not separated yet',
  'waiting-for-workers': 'waits for workers',
  separating: 'is being separated',
  mixing: 'is being mixed',
  ready: 'ready',
  failed: 'failed',
}

export function SongCard({ song }: { song: Song }) {
  const { music, progress, segments } = song
  const title = music.name || `Song ${music.music_id}`
  return (
    <article class="song" aria-label={title} data-state={progress?.state ?? 'added'}>
      <SongHeading music={music} title={title} />
      <Transport song={song} title={title} />
      <Lanes music={music} progress={progress} title={title} />
      {progress ? <Standing progress={progress} segments={segments} title={title} /> : null}
    </article>
  )
}

function Standing({ progress, segments, title }: { progress: Progress; segments: readonly Segment[]; title: string }) {
  const { state, error, chunks } = progress
  return (
    <>
      <div class="standing">
        <progress value={progress.progress} max={100} aria-label={`${title}: ${progress.progress} per cent`} />
        <output>
          {progress.progress} % · {STATES[state]}
          {chunks.redelivered > 0 ? ` · ${chunks.redelivered} done again after a worker was lost` : ''}
        </output>
      </div>
      {progress.waits_for ? <p class="waits">{progress.waits_for}</p> : null}
      {error ? (
        <p class="error" role="alert">
          {error}
        </p>
      ) : null}
      <Strip segments={segments} />
      {progress.final ? (
        <div class="mix">
          <strong>The mix</strong>
          <Downloads title="The mix" url={progress.final} />
        </div>
      ) : null}
    </>
  )
}

/** The song as a row of its segments, each coloured by what is being done with it, and by whom. */
function Strip({ segments }: { segments: readonly Segment[] }) {
  return (
    <ol class="strip" aria-label="Segments">
      {segments.map(({ index, state, worker, attempt }) => {
        const again = attempt > 1 ? `, attempt ${attempt}` : ''
        const words = `Segment ${index + 1}: ${state}${worker ? ` by ${worker}` : ''}${again}`
        return <li key={index} class={attempt > 1 ? `${state} again` : state} title={words} />
      })}
    </ol>
  )
}
