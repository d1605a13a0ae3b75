import { titleOf } from '../../../src/song/song-title.ts'
import type { Song } from '../server/songs.ts'
import { SongName } from './song-name.tsx'

/** One song in the list. A press shows it. */
export function SongRow({ song, isShown, onShow }: { song: Song; isShown: boolean; onShow(): void }) {
  const { music, progress } = song
  const isUnderWay = progress !== null && progress.state !== 'ready' && progress.state !== 'added'
  return (
    <li class="song-row" aria-label={titleOf({ id: music.music_id, title: music.name })}>
      <button type="button" class="quiet" aria-current={isShown ? 'true' : undefined} onClick={onShow}>
        <SongName music={music} />
      </button>
      {isUnderWay ? <span class="soft small numbers">{progress.progress} %</span> : null}
    </li>
  )
}
