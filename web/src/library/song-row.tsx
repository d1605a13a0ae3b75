import { useMemo } from 'preact/hooks'
import { titleOf } from '../../../src/song/song-title.ts'
import { formatAddress, HOME } from '../address.ts'
import { canPlay } from '../can-play.ts'
import { Icon } from '../design/icon.tsx'
import type { Song } from '../server/songs.ts'
import { Byline } from './byline.tsx'
import { Cover } from './cover.tsx'
import { PlayingBars } from './playing-bars.tsx'
import { dragOf } from './setlist-drag.ts'
import { SongMenu } from './song-menu.tsx'
import { songState } from './song-state.ts'
import { ROW_PX } from './visible-rows.ts'

export type RowProps = {
  song: Song
  index: number
  count: number
  /** The song that the practice view shows. */
  isShown: boolean
  /** The row that Tab leads to. */
  isTabStop: boolean
  /** How the song is in the player. */
  sound: 'closed' | 'paused' | 'playing'
  /** Whether the list is a setlist, in which songs can be dragged to another place. */
  isInSetlist: boolean
  onShow(musicId: number): void
  onToggle(musicId: number): void
}

/** One song of the list. It is drawn again only if something of it changes: a view that scrolls draws many rows. */
export function SongRow(props: RowProps) {
  const { song, index, count, isShown, isTabStop, sound, isInSetlist } = props
  return useMemo(() => row(props), [song, index, count, isShown, isTabStop, sound, isInSetlist])
}

function row({ song, index, count, isShown, isTabStop, sound, isInSetlist, onShow, onToggle }: RowProps) {
  const { music, progress } = song
  const { music_id, name } = music
  const title = titleOf({ id: music_id, title: name })
  const state = songState(progress, music)
  const isPlayable = canPlay(song)
  const toggle = () => onToggle(music_id)
  const playLabel = sound === 'playing' ? 'Pause' : 'Play'
  return (
    <li
      class="song-row"
      data-song={music_id}
      data-state={state.kind}
      aria-label={title}
      aria-setsize={count}
      aria-posinset={index + 1}
      {...(isInSetlist ? dragOf(music_id) : {})}
      style={{ transform: `translateY(${index * ROW_PX}px)` }}
    >
      <button
        type="button"
        class="row-play quiet"
        aria-label={`${playLabel} ${title}`}
        tabIndex={-1}
        disabled={!isPlayable}
        onClick={toggle}
      >
        <Cover music={music} />
        {sound === 'closed' ? null : <PlayingBars isMoving={sound === 'playing'} />}
        <span class="row-play-icon">
          <Icon name={sound === 'playing' ? 'pause' : 'play'} />
        </span>
      </button>
      <a
        class="row-show"
        href={formatAddress({ ...HOME, song: music_id })}
        aria-current={isShown ? 'true' : undefined}
        tabIndex={isTabStop ? 0 : -1}
        onClick={(event) => {
          // With these keys a browser opens another tab or window.
          if (event.ctrlKey || event.metaKey || event.shiftKey) return
          event.preventDefault()
          onShow(music_id)
        }}
      >
        <bdi class="song-title" title={title}>
          {title}
        </bdi>
        <span class="row-line small soft">
          <Byline music={music} />
          {state.kind === 'quiet' ? null : <span class="row-state numbers">{state.words}</span>}
        </span>
      </a>
      <SongMenu
        song={song}
        tabIndex={-1}
        more={() =>
          isPlayable ? [{ label: playLabel, icon: sound === 'playing' ? 'pause' : 'play', onSelect: toggle }] : []
        }
      />
      {state.kind === 'under-way' ? (
        <span class="row-progress" style={{ transform: `scaleX(${state.percent / 100})` }} aria-hidden="true" />
      ) : null}
    </li>
  )
}
