import type { ComponentChildren } from 'preact'
import { formatDuration } from '../format-duration.ts'
import type { Music } from '../server/api.ts'
import { songs } from '../server/songs.ts'
import { Cover } from './cover.tsx'
import { SongMenu } from './song-menu.tsx'

/** Cover, title, artist and length of the song of the practice view, and its menu. @param children more that can be done with it */
export function SongHeading({ music, title, children }: { music: Music; title: string; children: ComponentChildren }) {
  const { music_id, band, duration } = music
  const song = songs.value.get(music_id)
  return (
    <header class="song-heading">
      <Cover music={music} size={56} />
      <div>
        <h2>
          <bdi title={title}>{title}</bdi>
        </h2>
        <p class="row-line soft">
          <bdi class="row-artist">{band}</bdi>
          <span class="numbers">
            {band && duration ? '· ' : ''}
            {duration ? formatDuration(duration) : ''}
          </span>
        </p>
      </div>
      {children}
      {song ? <SongMenu song={song} /> : null}
    </header>
  )
}
