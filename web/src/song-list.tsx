import { computed, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { SongCard } from './song-card.tsx'
import { newestFirst, type Song } from './state.ts'

const PAGE = 20
const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

const ORDERS: Record<string, (songs: readonly Song[]) => readonly Song[]> = {
  'newest first': (songs) => songs,
  title: (songs) => songs.toSorted((a, b) => compare(a.music.name, b.music.name)),
  artist: (songs) =>
    songs.toSorted((a, b) => compare(a.music.band, b.music.band) || compare(a.music.name, b.music.name)),
}

const query = signal('')
const order = signal('newest first')
/** So many songs are drawn; more when the end of the list comes into sight. */
const shown = signal(PAGE)

const found = computed(() => {
  const words = plain(query.value).split(/\s+/).filter(Boolean)
  const matching = newestFirst.value.filter(({ music }) => {
    const text = plain(`${music.name} ${music.band}`)
    return words.every((word) => text.includes(word))
  })
  return ORDERS[order.value]?.(matching) ?? matching
})

/** Without accents and capitals: "ete" finds "Été". */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** All songs, searched and sorted, a page of them at a time. */
export function SongList() {
  const total = newestFirst.value.length
  const songs = found.value
  return (
    <section aria-label="Songs">
      {total > 1 ? (
        <search class="find">
          <input
            type="search"
            placeholder={`Search ${total} songs`}
            aria-label="Search songs"
            value={query.value}
            onInput={(event) => {
              query.value = event.currentTarget.value
              shown.value = PAGE
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
      {songs.slice(0, shown.value).map((song) => (
        <SongCard key={song.music.music_id} song={song} />
      ))}
      {total > 0 && songs.length === 0 ? <p class="none">No song is called that.</p> : null}
      {songs.length > shown.value ? <More left={songs.length - shown.value} /> : null}
    </section>
  )
}

function More({ left }: { left: number }) {
  const button = useRef<HTMLButtonElement>(null)
  const showMore = () => {
    shown.value += PAGE
  }
  useEffect(() => {
    const sight = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) showMore()
    })
    if (button.current) sight.observe(button.current)
    return () => sight.disconnect()
  }, [left])
  return (
    <button type="button" class="more" ref={button} onClick={showMore}>
      Show more of {left} songs
    </button>
  )
}
