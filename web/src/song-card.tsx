import { deleteMusic, keepTracks, type Progress, type Segment } from './api.ts'
import { notice, type Song } from './state.ts'

const STATES: Record<Progress['state'], string> = {
  added: 'not separated yet',
  'waiting-for-workers': 'waits for workers',
  separating: 'is being separated',
  mixing: 'is being mixed',
  ready: 'ready',
  failed: 'failed',
}

const FORMATS = ['wav', 'flac', 'mp3', 'm4a', 'opus']

function act(work: Promise<void>): void {
  work.catch((error: unknown) => {
    notice.value = error instanceof Error ? error.message : String(error)
  })
}

export function SongCard({ song: { music, progress, segments } }: { song: Song }) {
  const { music_id, name, band, tracks, duration } = music
  const kept = progress?.tracks ?? []
  const title = name || `Song ${music_id}`
  return (
    <article class="song" aria-label={title} data-state={progress?.state ?? 'added'}>
      <header>
        <h2>{title}</h2>
        <p>
          {band}
          {band && duration ? ' · ' : ''}
          {duration ? clock(duration) : ''}
        </p>
        <button type="button" class="quiet" aria-label={`Delete ${title}`} onClick={() => act(deleteMusic(music_id))}>
          Delete
        </button>
      </header>
      <fieldset>
        <legend>Keep</legend>
        {tracks.map(({ name: stem, track_id }) => (
          <label key={track_id}>
            <input
              type="checkbox"
              checked={kept.includes(track_id)}
              onChange={(event) => {
                const others = kept.filter((id) => id !== track_id)
                const wanted = event.currentTarget.checked ? [...others, track_id] : others
                if (wanted.length > 0) act(keepTracks(music_id, wanted))
                else event.currentTarget.checked = true
              }}
            />
            {stem}
          </label>
        ))}
      </fieldset>
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
      {error ? (
        <p class="error" role="alert">
          {error}
        </p>
      ) : null}
      <Strip segments={segments} />
      {progress.final ? <Player title="The mix" url={progress.final} /> : null}
      {progress.instruments.map(({ name, track }) => (
        <Player key={name} title={name} url={track} />
      ))}
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

function Player({ title, url }: { title: string; url: string }) {
  return (
    <div class="player">
      <span>{title}</span>
      {/* biome-ignore lint/a11y/useMediaCaption: the words of a song are not known */}
      <audio controls preload="metadata" src={url} aria-label={title} />
      <span class="downloads">
        {FORMATS.map((format) => (
          <a key={format} href={`${url}?format=${format}&download`} aria-label={`Download ${title} as ${format}`}>
            {format}
          </a>
        ))}
      </span>
    </div>
  )
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
