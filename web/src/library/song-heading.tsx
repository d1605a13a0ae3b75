import type { ComponentChildren } from 'preact'
import type { Song } from '../server/songs.ts'
import { Byline } from './byline.tsx'
import { Cover } from './cover.tsx'
import { progressText } from './progress-text.ts'
import { SongMenu } from './song-menu.tsx'
import { songState } from './song-state.ts'

/**
 * Cover, title, artist and length of the song of the practice view, how far its separation is, and its menu. It has the same
 * height in every state, so that nothing moves when the song is done.
 * @param children more that can be done with the song
 */
export function SongHeading({ song, title, children }: { song: Song; title: string; children: ComponentChildren }) {
  const { music, progress } = song
  return (
    <header class="song-heading">
      <Cover music={music} size={56} />
      <div>
        <h2>
          <bdi title={title}>{title}</bdi>
        </h2>
        <p class="row-line soft">
          <Byline music={music} />
          <output class="row-state numbers">{stateInWords(song)}</output>
        </p>
      </div>
      <div class="song-actions">
        {children}
        <SongMenu song={song} />
      </div>
      {progress && songState(progress, music).kind === 'under-way' ? (
        <progress value={progress.progress} max={100} aria-label={`${title}: ${progress.progress} per cent`} />
      ) : null}
    </header>
  )
}

/** Empty for a song that is separated. */
function stateInWords({ music, progress }: Song): string {
  const state = songState(progress, music)
  if (state.kind === 'quiet' || !progress) return ''
  return state.kind === 'under-way' ? progressText(progress, music) : (progress.waits_for ?? state.words)
}
