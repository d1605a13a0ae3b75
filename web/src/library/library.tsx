import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { focusView, hasVisibleFocus } from '../focus-view.ts'
import { isLibraryEmpty, songs } from '../server/songs.ts'
import { openSetlist } from './open-setlist.ts'
import { SearchField } from './search-field.tsx'
import { foundSongs } from './search-songs.ts'
import { SetlistBar } from './setlist-bar.tsx'
import { type Playing, SongList } from './song-list.tsx'

/**
 * The songs that match the search, sorted.
 * @param shownId the song that the practice view shows
 * @param children what adds songs
 */
export function Library({
  shownId,
  playing,
  onShow,
  children,
}: {
  shownId: number | null
  playing: Playing
  onShow(musicId: number): void
  children: ComponentChildren
}) {
  const total = songs.value.size
  const list = foundSongs.value
  const setlist = String(openSetlist.value?.setlist_id ?? '')
  const isEmpty = isLibraryEmpty.value
  const hadSongs = useRef(false)
  useLayoutEffect(() => {
    if (isEmpty && hadSongs.current && !hasVisibleFocus()) focusView()
    hadSongs.current = total > 0
  })
  if (isEmpty) return <>{children}</>
  const showFirst = () => {
    const [first] = list
    if (first) onShow(first.music_id)
  }
  return (
    <>
      {children}
      <SetlistBar />
      <SearchField total={openSetlist.value?.songs.length ?? total} found={list.length} onEnter={showFirst} />
      {total > 0 && list.length === 0 ? <p class="none">{wordsForNone()}</p> : null}
      <SongList key={setlist} name={setlist} list={list} shownId={shownId} playing={playing} onShow={onShow} />
    </>
  )
}

function wordsForNone(): string {
  if (openSetlist.value?.songs.length !== 0) return 'No song is called that.'
  return 'No songs yet. Drop songs here, or add some of All songs by their menus.'
}
