import { render } from 'preact'
import { reset } from './api.ts'
import { LogOut } from './log-out.tsx'
import { listenToKeys, listenToMediaKeys } from './player/keys.ts'
import { serverUrl } from './server-url.ts'
import { SongList } from './song-list.tsx'
import { isConnected, listen, notice } from './state.ts'
import { Undo } from './undo.tsx'
import { DropZone, listenToFiles } from './upload.tsx'
import { WorkerList } from './worker-list.tsx'

function Page() {
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
        {notice.value ? (
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
        ) : null}
        <DropZone />
        <SongList />
        <WorkerList />
      </main>
      <footer>
        <a href="docs">API</a>
        <LogOut />
        <button type="button" class="quiet" onClick={() => void askAndReset()}>
          Reset: delete all songs
        </button>
      </footer>
      <Undo />
    </>
  )
}

async function askAndReset(): Promise<void> {
  if (!window.confirm('Delete all songs and cancel all work?')) return
  await reset().catch((error: unknown) => {
    notice.value = error instanceof Error ? error.message : String(error)
  })
}

/** The page opens without the server, too; over plain http browsers do not allow it. */
function keepShell(): void {
  const offline = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  // Private windows refuse: the page is the same without.
  offline?.register(serverUrl('shell.js')).catch(() => undefined)
}

const root = document.getElementById('page')
if (root) {
  render(<Page />, root)
  listen()
  listenToKeys()
  listenToMediaKeys()
  listenToFiles()
  keepShell()
}
