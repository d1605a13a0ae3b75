import { computed, signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { newestFirst, type Song } from '../server/songs.ts'
import { SongRow } from './song-row.tsx'

/** The number of songs that are drawn at first, and added whenever the end of the list comes into view. */
const PAGE_SONGS = 20
const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

const ORDERS: Record<string, (songs: readonly Song[]) => readonly Song[]> = {
  'newest first': (songs) => songs,
  title: (songs) => songs.toSorted((a, b) => compare(a.music.name, b.music.name)),
  artist: (songs) =>
    songs.toSorted((a, b) => compare(a.music.band, b.music.band) || compare(a.music.name, b.music.name)),
}

const query = signal('')
const order = signal('newest first')
const shownSongs = signal(PAGE_SONGS)

const found = computed(() => {
  const words = plain(query.value).split(/\s+/).filter(Boolean)
  const matching = newestFirst.value.filter(({ music }) => {
    const text = plain(`${music.name} ${music.band}`)
    return words.every((word) => text.includes(word))
  })
  return ORDERS[order.value]?.(matching) ?? matching
})

/** Removes accents and capitals, so that "ete" finds "Été". */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/**
 * The songs that match the search, sorted.
 * @param shownId the song that the practice view shows
 * @param children what adds songs
 */
export function Library({
  shownId,
  onShow,
  children,
}: {
  shownId: number | null
  onShow(musicId: number): void
  children: ComponentChildren
}) {
  const total = newestFirst.value.length
  const songs = found.value
  return (
    <>
      {children}
      {total > 1 ? (
        <search class="find">
          <input
            type="search"
            placeholder={`Search ${total} songs`}
            aria-label="Search songs"
            value={query.value}
            onInput={(event) => {
              query.value = event.currentTarget.value
              shownSongs.value = PAGE_SONGS
            }}
          />
          <label>
            Sort by{' '}
            <select
              value={order.value}
              onChange={(event) => {
                order.value = event.currentTarget.value
              }}
            >
              {Object.keys(ORDERS).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </search>
      ) : null}
      <ol class="song-rows" aria-label="Songs">
        {songs.slice(0, shownSongs.value).map((song) => (
          <SongRow
            key={song.music.music_id}
            song={song}
            isShown={song.music.music_id === shownId}
            onShow={() => onShow(song.music.music_id)}
          />
        ))}
        {songs.length > shownSongs.value ? <More left={songs.length - shownSongs.value} /> : null}
      </ol>
      {total > 0 && songs.length === 0 ? <p class="none">No song is called that.</p> : null}
    </>
  )
}

function More({ left }: { left: number }) {
  const button = useRef<HTMLButtonElement>(null)
  const showMore = () => {
    shownSongs.value += PAGE_SONGS
  }
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) showMore()
    })
    if (button.current) observer.observe(button.current)
    return () => observer.disconnect()
  }, [left])
  return (
    <li>
      <button type="button" class="more" ref={button} onClick={showMore}>
        Show more of {left} songs
      </button>
    </li>
  )
}
