import { showFailure } from '../notice.ts'
import { type Music, type Progress, retryMusic } from '../server/api.ts'

/** Why a song failed, and the button that tries it again. */
export function SongFailure({ music, progress, title }: { music: Music; progress: Progress; title: string }) {
  return (
    <p class="error song-error" role="alert">
      {progress.error ?? 'The separation failed.'}
      <button type="button" aria-label={`Try ${title} again`} onClick={() => showFailure(retryMusic(music.music_id))}>
        Try again
      </button>
    </p>
  )
}
