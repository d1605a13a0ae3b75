import { showFailure } from '../notice.ts'
import { type Progress, retryMusic, type Segment } from '../server/api.ts'
import type { Song } from '../server/songs.ts'
import { progressText } from './progress-text.ts'

/** How far the separation of a song is, why it waits, and why it failed. */
export function SongProgress({ song, progress, title }: { song: Song; progress: Progress; title: string }) {
  const { music, segments } = song
  const { error } = progress
  return (
    <>
      <div class="song-progress">
        <progress value={progress.progress} max={100} aria-label={`${title}: ${progress.progress} per cent`} />
        <output>{progressText(progress, music)}</output>
      </div>
      {progress.waits_for ? <p class="waits">{progress.waits_for}</p> : null}
      {error ? (
        <p class="error" role="alert">
          {error}{' '}
          <button
            type="button"
            aria-label={`Try ${title} again`}
            onClick={() => showFailure(retryMusic(music.music_id))}
          >
            Try again
          </button>
        </p>
      ) : null}
      <SegmentStrip segments={segments} />
    </>
  )
}

/** The segments of a song in a row, coloured by their state. */
function SegmentStrip({ segments }: { segments: readonly Segment[] }) {
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
