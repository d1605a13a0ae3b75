import { type ReadonlySignal, useComputed, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { titleOf } from '../../src/song/song-title.ts'
import { address, goTo, showSong } from './address.ts'
import { Icon } from './design/icon.tsx'
import { focusView, hasVisibleFocus } from './focus-view.ts'
import { InstrumentChoice } from './instrument-choice.tsx'
import { Library } from './library/library.tsx'
import { addedToOpenSetlist, openSetlist } from './library/open-setlist.ts'
import { RenameDialog } from './library/rename-dialog.tsx'
import { SetlistDialogs } from './library/setlist-dialogs.tsx'
import { SongName } from './library/song-name.tsx'
import { Undo } from './library/undo.tsx'
import type { SongLyrics } from './lyrics/song-lyrics.ts'
import { MachinePanel } from './machines/machine-panel.tsx'
import { notice, remark, showFailure } from './notice.ts'
import type { Player } from './player/player.ts'
import { PlayerBar } from './player/player-bar.tsx'
import { ShortcutHelp } from './player/shortcut-help.tsx'
import { Silence } from './player/silence.tsx'
import { PracticeView } from './practice-view.tsx'
import { isConnected, isLibraryEmpty, isLibraryRead, newestFirst, type Song, songs } from './server/songs.ts'
import { shownSongId } from './shown-song.ts'
import { TopBar } from './top-bar.tsx'
import { AddSongs } from './upload/add-songs.tsx'
import { DropOverlay } from './upload/drop-overlay.tsx'
import { UploadList } from './upload/upload-list.tsx'
import type { Uploads } from './upload/uploads.ts'

/**
 * The library and the practice view, side by side or as two screens, above the player. Songs change many times a second while
 * they are separated, so each part reads the signals that it needs, and is drawn again by itself.
 */
export function Page({ player, uploads, lyrics }: { player: Player; uploads: Uploads; lyrics: SongLyrics }) {
  const shown = useComputed(() => shownSong(player))
  const shownId = useComputed(() => shown.value?.music.music_id ?? null)
  useSignalEffect(() => {
    shownSongId.value = shownId.value
  })
  const view = address.value.song === null ? 'library' : 'practice'
  const lastView = useRef(view)
  useEffect(() => {
    // Beside each other both views stay visible, and the focus stays where it is.
    if (lastView.current !== view && isNarrow() && !hasVisibleFocus()) focusView()
    lastView.current = view
  }, [view])
  return (
    <>
      <TopBar player={player} />
      <main class="views">
        <section
          aria-label="Library"
          class="library"
          data-view={view}
          data-empty={isLibraryEmpty.value ? '' : undefined}
        >
          <LibraryView player={player} uploads={uploads} shownId={shownId} />
        </section>
        <section aria-label="Practice" class="practice-pane">
          <button type="button" class="quiet to-library" onClick={() => goTo({ setlist: address.value.setlist })}>
            <Icon name="back" /> Library
          </button>
          <ShownSong player={player} lyrics={lyrics} shown={shown} />
        </section>
      </main>
      <SongInPlayer player={player} shown={shown} />
      <Machines shown={shown} />
      <Messages player={player} />
      <ShortcutHelp />
      <RenameDialog />
      <SetlistDialogs />
      <DropOverlay />
    </>
  )
}

function LibraryView({
  player,
  uploads,
  shownId,
}: {
  player: Player
  uploads: Uploads
  shownId: ReadonlySignal<number | null>
}) {
  return (
    <>
      <Library
        shownId={shownId.value}
        playing={{
          musicId: player.musicId.value,
          isOn: player.isOn.value,
          toggle: (musicId) => showFailure(player.toggle(musicId)),
        }}
        onShow={showSong}
      >
        <AddSongs uploads={uploads} isInvitation={isLibraryEmpty.value} addedTo={addedToOpenSetlist}>
          <InstrumentChoice />
        </AddSongs>
      </Library>
      {isLibraryEmpty.value ? null : (
        <div class="library-uploads">
          <UploadList uploads={uploads} />
        </div>
      )}
    </>
  )
}

type Shown = ReadonlySignal<Song | undefined>

function ShownSong({ player, lyrics, shown }: { player: Player; lyrics: SongLyrics; shown: Shown }) {
  const song = shown.value
  if (isGone()) return <p class="soft">This song is not here any more.</p>
  return song ? <PracticeView key={song.music.music_id} player={player} lyrics={lyrics} song={song} /> : null
}

function SongInPlayer({ player, shown }: { player: Player; shown: Shown }) {
  return (
    <PlayerBar
      player={player}
      song={player.song.value ?? shown.value ?? null}
      name={({ music }) => (
        <button type="button" class="quiet" onClick={() => showSong(music.music_id)}>
          <span class="unseen">Show </span>
          <SongName music={music} />
        </button>
      )}
    />
  )
}

function Machines({ shown }: { shown: Shown }) {
  const song = shown.value
  return <MachinePanel song={song} title={song ? titleOf({ id: song.music.music_id, title: song.music.name }) : ''} />
}

/** Whether library and practice view are two screens (`layout.css`). */
function isNarrow(): boolean {
  return matchMedia('(max-width: 56rem)').matches
}

/** Whether the address names a song that is not, or no more, in the library. */
function isGone(): boolean {
  const { song } = address.value
  return song !== null && isLibraryRead.value && !songs.value.has(song)
}

/** The song of the address; without one the one in the player, the first of the open setlist, or the newest. */
function shownSong(player: Player): Song | undefined {
  const named = address.value.song
  const firstOfSetlist = openSetlist.value?.songs[0]
  if (isGone()) return undefined
  const inAddress = named === null ? undefined : songs.value.get(named)
  const inSetlist = firstOfSetlist === undefined ? undefined : songs.value.get(firstOfSetlist)
  return inAddress ?? player.song.value ?? inSetlist ?? newestFirst.value[0]
}

function Messages({ player }: { player: Player }) {
  const song = player.song.value
  return (
    <div class="messages">
      {isConnected.value ? null : (
        <p class="message error" role="status">
          The server cannot be reached; trying again.
        </p>
      )}
      {notice.value === '' ? null : (
        <p class="message error" role="alert">
          {notice.value}{' '}
          <button
            type="button"
            onClick={() => {
              notice.value = ''
            }}
          >
            Dismiss
          </button>
        </p>
      )}
      <p role="status" class={remark.value ? 'message' : ''}>
        {remark.value}
      </p>
      <output class="silence message waits">{song ? <Silence player={player} song={song} /> : null}</output>
      <Undo />
    </div>
  )
}
