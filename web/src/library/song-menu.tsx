import { titleOf } from '../../../src/song/song-title.ts'
import { Menu, type MenuItem } from '../design/menu.tsx'
import { showFailure } from '../notice.ts'
import { retryMusic } from '../server/api.ts'
import { serverUrl } from '../server/server-url.ts'
import type { Song } from '../server/songs.ts'
import { copyLink } from './copy-link.ts'
import { deleteWithUndo } from './deletions.ts'
import { rename } from './rename-dialog.tsx'
import { setlistItems } from './setlist-items.ts'

/**
 * What can be done with a song.
 * @param more items before those that every place has, such as Play
 */
export function SongMenu({
  song,
  more = () => [],
  tabIndex = 0,
}: {
  song: Song
  more?(): readonly MenuItem[]
  tabIndex?: number
}) {
  const { music, progress } = song
  const title = titleOf({ id: music.music_id, title: music.name })
  const isFailed = progress?.state === 'failed'
  const items = (): MenuItem[] => [
    ...more(),
    ...(isFailed ? [{ label: 'Try again', icon: 'again', onSelect: () => retry(music.music_id) } as const] : []),
    ...setlistItems(music.music_id),
    { label: 'Rename', icon: 'pencil', onSelect: () => rename(music) },
    ...(music.arrival === null
      ? [
          {
            label: 'Download original',
            icon: 'download',
            download: serverUrl(`music/${music.music_id}/original`),
          } as const,
        ]
      : []),
    { label: 'Copy link', icon: 'link', onSelect: () => showFailure(copyLink(music.music_id)) },
    { label: 'Delete', icon: 'trash', onSelect: () => showFailure(deleteWithUndo(music.music_id, title)) },
  ]
  return <Menu label={`More for ${title}`} items={items} tabIndex={tabIndex} />
}

function retry(musicId: number): void {
  showFailure(retryMusic(musicId))
}
