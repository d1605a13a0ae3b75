import { useEffect, useRef } from 'preact/hooks'
import { isInTextField } from '../text-field.ts'
import { openSetlist } from './open-setlist.ts'
import { ORDERS, order, query } from './search-songs.ts'

/** The search and the order of the list. The key / leads to the search, Arrow down from there to the songs. */
export function SearchField({ total, found, onEnter }: { total: number; found: number; onEnter(): void }) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const focusBySlash = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, target } = event
      if (key !== '/' || ctrlKey || metaKey || altKey || isInTextField(target)) return
      if (!input.current?.checkVisibility() || document.querySelector('dialog:modal')) return
      event.preventDefault()
      input.current.focus()
      input.current.select()
    }
    document.addEventListener('keydown', focusBySlash)
    return () => document.removeEventListener('keydown', focusBySlash)
  }, [])
  return (
    <search class="find">
      <input
        type="search"
        placeholder={total > 0 ? `Search ${total} ${total === 1 ? 'song' : 'songs'}` : 'Search'}
        aria-label="Search songs"
        aria-keyshortcuts="/"
        value={query.value}
        ref={input}
        onInput={(event) => {
          query.value = event.currentTarget.value
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onEnter()
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          document.querySelector<HTMLElement>('.song-rows [tabindex="0"]')?.focus()
        }}
      />
      {openSetlist.value ? null : (
        <select
          aria-label="Sort by"
          value={order.value}
          onChange={(event) => {
            order.value = event.currentTarget.value
          }}
        >
          {Object.keys(ORDERS).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <output class="unseen">{query.value.trim() ? `${found} of ${total} songs` : ''}</output>
    </search>
  )
}
