import { titleOf } from '../../../src/song/song-title.ts'
import type { Music } from '../server/api.ts'
import { Cover } from './cover.tsx'

/** Cover, title and artist of a song. Titles and artists of any script keep their own direction. */
export function SongName({ music }: { music: Music }) {
  const { music_id, name, band } = music
  return (
    <span class="song-name">
      <Cover music={music} />
      <span class="song-words">
        <bdi class="song-title">{titleOf({ id: music_id, title: name })}</bdi>
        <bdi class="soft small">{band}</bdi>
      </span>
    </span>
  )
}
