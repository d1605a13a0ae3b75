import { titleOf } from '../../../src/song/song-title.ts'
import { Icon } from '../design/icon.tsx'
import type { Music } from '../server/api.ts'

/** Cover, title and artist of a song. Titles and artists of any script keep their own direction. */
export function SongName({ music }: { music: Music }) {
  const { music_id, name, band, cover } = music
  return (
    <span class="song-name">
      {cover ? (
        <img class="cover" draggable={false} src={cover} alt="" width={40} height={40} loading="lazy" />
      ) : (
        <span class="cover no-cover">
          <Icon name="everything" />
        </span>
      )}
      <span class="song-words">
        <bdi class="song-title">{titleOf({ id: music_id, title: name })}</bdi>
        <bdi class="soft small">{band}</bdi>
      </span>
    </span>
  )
}
