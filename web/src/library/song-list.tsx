import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { titleOf } from '../../../src/song/song-title.ts'
import { showFailure } from '../notice.ts'
import type { Music } from '../server/api.ts'
import { songs } from '../server/songs.ts'
import { deleteWithUndo } from './deletions.ts'
import { useListView } from './list-view.ts'
import { moveInSetlist, openSetlist, removeFromSetlist } from './open-setlist.ts'
import { rename } from './rename-dialog.tsx'
import { SongRow } from './song-row.tsx'
import { ROW_PX, rowTarget, topToShow } from './visible-rows.ts'

/** What the player does, as far as the list shows it. */
export type Playing = { musicId: number | null; isOn: boolean; toggle(musicId: number): void }

/** Keys and pedals of the player. The list leaves them to it after a press on a song. */
const PLAYER_KEYS = ['ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown']
const COLUMNS = ['.row-play', '.row-show', '[aria-haspopup]']

/**
 * The songs, of which only those in view are drawn. The list is one Tab stop: arrows, Home, End and Page keys lead from song to
 * song, Left and Right to its buttons, F2 renames, Delete deletes.
 */
export function SongList({
  name,
  list,
  shownId,
  playing,
  onShow,
}: {
  /** Tells this list from other setlists. */
  name: string
  list: readonly Music[]
  shownId: number | null
  playing: Playing
  onShow(musicId: number): void
}) {
  const box = useRef<HTMLDivElement>(null)
  const view = useListView(box, { name, count: list.length })
  // A reference, because keys may come faster than the list is drawn.
  const active = useRef<{ id: number | null; index: number }>({ id: shownId, index: 0 })
  const [, redraw] = useState(0)
  const index = placeOf(list, active.current)
  const music = list[index]
  const focus = useFocusOfRow(box, music?.music_id ?? null)

  const isPressed = useRef(false)
  const moveTo = (target: number) => {
    isPressed.current = false
    const next = list[target]
    if (!next) return
    active.current = { id: next.music_id, index: target }
    redraw((count) => count + 1)
    view.scrollTo(topToShow(target, view.now()))
    focus.move()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const at = placeOf(list, active.current)
    const pressed = list[at]
    if (!pressed || event.ctrlKey || event.metaKey) return
    if (PLAYER_KEYS.includes(event.key) && isPressed.current) return
    if (event.altKey) {
      moveByKey(event, pressed.music_id)
      return
    }
    const target = rowTarget(event.key, { at, count: list.length, height: view.now().height })
    if (target !== null) moveTo(target)
    else if (!performRowKey(event, pressed)) return
    event.preventDefault()
    event.stopPropagation()
  }
  const { first, end } = view.rows
  const drawn = [...Array(end - first).keys()].map((row) => first + row)
  if (music && (index < first || index >= end)) drawn.push(index)
  return (
    <div class="song-rows" ref={box} onScroll={view.follow}>
      <ol
        aria-label="Songs"
        style={{ height: `${list.length * ROW_PX}px` }}
        onKeyDown={onKeyDown}
        onPointerDown={() => {
          isPressed.current = true
        }}
        onFocusOut={({ currentTarget, relatedTarget }) => {
          if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) isPressed.current = false
        }}
        onFocusIn={({ target }) => {
          const id = idOfRow(target)
          if (id === null || id === active.current.id) return
          active.current = { id, index: list.findIndex((each) => each.music_id === id) }
          redraw((count) => count + 1)
        }}
        onContextMenu={(event) => {
          event.preventDefault()
          if (event.target instanceof Element) openMenu(event.target.closest('.song-row'))
        }}
      >
        {drawn.map((row) => {
          const id = list[row]?.music_id ?? 0
          const song = songs.value.get(id)
          return song ? (
            <SongRow
              key={id}
              song={song}
              index={row}
              count={list.length}
              isShown={id === shownId}
              isTabStop={row === index}
              sound={playing.musicId !== id ? 'closed' : playing.isOn ? 'playing' : 'paused'}
              onShow={onShow}
              onToggle={playing.toggle}
              isInSetlist={openSetlist.value !== null}
            />
          ) : null
        })}
      </ol>
    </div>
  )
}

/** Alt and an arrow move a song of the open setlist. */
function moveByKey(event: KeyboardEvent, musicId: number): void {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  if (!by || !openSetlist.value) return
  event.preventDefault()
  event.stopPropagation()
  showFailure(moveInSetlist(musicId, { by }))
}

/** The row of the active song; if it has gone, the row that has taken its place. */
function placeOf(list: readonly Music[], { id, index }: { id: number | null; index: number }): number {
  if (list[index]?.music_id === id) return index
  const place = list.findIndex(({ music_id }) => music_id === id)
  return place >= 0 ? place : Math.max(0, Math.min(index, list.length - 1))
}

function idOfRow(target: EventTarget | null): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-song]') : null
  return row ? Number(row.dataset['song']) : null
}

function openMenu(row: Element | null): void {
  row?.querySelector<HTMLElement>('[aria-haspopup][aria-expanded="false"]')?.click()
}

/** Performs a key that concerns one row. Returns false for other keys. */
function performRowKey({ key, shiftKey, target }: KeyboardEvent, music: Music): boolean {
  const row = target instanceof Element ? target.closest('.song-row') : null
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight': {
      const column = COLUMNS.findIndex((each) => target instanceof Element && target.matches(each))
      const next = COLUMNS[column + (key === 'ArrowRight' ? 1 : -1)]
      if (next) row?.querySelector<HTMLElement>(`${next}:not(:disabled)`)?.focus()
      return true
    }
    case 'F10':
      if (!shiftKey) return false
      openMenu(row)
      return true
    case 'ContextMenu':
      openMenu(row)
      return true
    case 'F2':
      rename(music)
      return true
    case 'Delete':
      if (openSetlist.value) {
        showFailure(removeFromSetlist(music.music_id))
        return true
      }
      showFailure(deleteWithUndo(music.music_id, titleOf({ id: music.music_id, title: music.name })))
      return true
    default:
      return false
  }
}

/** Keeps the focus in the list while its rows are drawn anew, moved and removed. */
function useFocusOfRow(box: { current: HTMLElement | null }, id: number | null): { move(): void } {
  const isInside = useRef(false)
  const isMoved = useRef(false)
  useLayoutEffect(() => {
    const follow = ({ target }: Event) => {
      isInside.current = target instanceof Node && box.current?.contains(target) === true
    }
    for (const type of ['focusin', 'pointerdown']) document.addEventListener(type, follow, true)
    return () => {
      for (const type of ['focusin', 'pointerdown']) document.removeEventListener(type, follow, true)
    }
  }, [])
  useLayoutEffect(() => {
    const isLost = isInside.current && document.activeElement === document.body
    if (!isLost && !isMoved.current) return
    isMoved.current = false
    box.current?.querySelector<HTMLElement>(`[data-song="${id}"] .row-show`)?.focus({ preventScroll: true })
  })
  return {
    move() {
      isMoved.current = true
    },
  }
}
