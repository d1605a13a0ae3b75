import { showFailure } from '../notice.ts'
import { type Progress, retryMusic } from '../server/api.ts'
import type { Song } from '../server/songs.ts'
import { progressText } from './progress-text.ts'
import { songState } from './song-state.ts'

/** How far the separation of a song is, why it waits, and why it failed; nothing of a song that is separated. */
export function SongProgress({ song, progress, title }: { song: Song; progress: Progress; title: string }) {
  const { music } = song
  const { error } = progress
  const state = songState(progress, music)
  if (state.kind === 'quiet') return null
  if (state.kind === 'failed')
    return (
      <p class="error song-error" role="alert">
        {error ?? 'The separation failed.'}{' '}
        <button type="button" aria-label={`Try ${title} again`} onClick={() => showFailure(retryMusic(music.music_id))}>
          Try again
        </button>
      </p>
    )
  return (
    <div class="song-progress">
      <progress value={progress.progress} max={100} aria-label={`${title}: ${progress.progress} per cent`} />
      <output class="small soft numbers">
        {state.kind === 'waits' && progress.progress === 0 ? state.words : progressText(progress, music)}
      </output>
      {progress.waits_for ? <p class="waits">{progress.waits_for}</p> : null}
    </div>
  )
}
