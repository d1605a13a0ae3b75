import type { MenuItem } from '../design/menu.tsx'
import { showFailure } from '../notice.ts'
import { moveInSetlist, openSetlist, removeFromSetlist } from './open-setlist.ts'
import { chooseSetlistFor } from './setlist-dialogs.tsx'

/** The items of a song's menu that concern setlists. */
export function setlistItems(musicId: number): MenuItem[] {
  const { songs } = openSetlist.peek() ?? {}
  const add: MenuItem = { label: 'Add to setlist…', icon: 'list', onSelect: () => chooseSetlistFor(musicId) }
  const place = songs?.indexOf(musicId) ?? -1
  if (!songs || place < 0) return [add]
  const move = (by: number) => () => showFailure(moveInSetlist(musicId, { by }))
  return [
    ...(place > 0 ? [{ label: 'Move up', icon: 'up', onSelect: move(-1) } as const] : []),
    ...(place < songs.length - 1 ? [{ label: 'Move down', icon: 'down', onSelect: move(1) } as const] : []),
    { label: 'Remove from setlist', icon: 'minus', onSelect: () => showFailure(removeFromSetlist(musicId)) },
    add,
  ]
}
