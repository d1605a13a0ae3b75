import { SongList } from './library/song-list.tsx'
import { Undo } from './library/undo.tsx'
import { LogOut } from './log-out.tsx'
import { notice, showFailure } from './notice.ts'
import type { Player } from './player/player.ts'
import { reset } from './server/api.ts'
import { isConnected } from './server/songs.ts'
import { SongCard } from './song-card.tsx'
import { DropZone } from './upload/drop-zone.tsx'
import type { Uploads } from './upload/uploads.ts'
import { WorkerList } from './workers/worker-list.tsx'

export function Page({ player, uploads }: { player: Player; uploads: Uploads }) {
  return (
    <>
      <header class="top">
        <h1>Minus One</h1>
        <p>A song, minus the part you want to sing or play yourself.</p>
      </header>
      <main>
        {isConnected.value ? null : (
          <p class="error" role="status">
            The server cannot be reached; trying again.
          </p>
        )}
        <Notice />
        <DropZone uploads={uploads} />
        <SongList card={(song) => <SongCard key={song.music.music_id} player={player} song={song} />} />
        <WorkerList />
      </main>
      <footer>
        <a href="docs">API</a>
        <LogOut />
        <button
          type="button"
          class="quiet"
          onClick={() => {
            if (window.confirm('Delete all songs and cancel all work?')) showFailure(reset())
          }}
        >
          Reset: delete all songs
        </button>
      </footer>
      <Undo />
    </>
  )
}

function Notice() {
  if (notice.value === '') return null
  return (
    <p class="error" role="alert">
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
  )
}
