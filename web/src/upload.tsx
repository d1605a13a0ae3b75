import { effect, signal } from '@preact/signals'
import pLimit from 'p-limit'
import { act } from './act.ts'
import { keepTracks, type Music, uploadSong } from './api.ts'
import { peekInto } from './peek.ts'
import { openSound, playNext } from './player/player.ts'
import { songs } from './state.ts'
import { leftOut, model, UploadOptions } from './upload-options.tsx'
import { type Upload, UploadRow } from './upload-row.tsx'

const uploads = signal<readonly Upload[]>([])
const isOver = signal(false)
let lastId = 0
/** A browser opens six connections to a host: what is played meanwhile needs some of them. */
const inTurn = pLimit(2)
/** An upload that is over by then needs nothing to be said about it. */
const LOOK_AFTER_MS = 1_500

function update(id: number, changes: Partial<Upload> | null): void {
  uploads.value = uploads.value.flatMap((upload) => {
    if (upload.id !== id) return [upload]
    return changes ? [{ ...upload, ...changes }] : []
  })
}

async function send(file: File, id = ++lastId): Promise<void> {
  const stop = new AbortController()
  const upload: Upload = { id, file, peek: null, share: 0, bytesPerSecond: 0, error: '', stop }
  if (uploads.value.some((each) => each.id === id)) update(id, upload)
  else uploads.value = [...uploads.value, upload]
  const looking = setTimeout(() => act(look(id, file)), LOOK_AFTER_MS)
  const arrival = crypto.getRandomValues(new Uint32Array(4)).join('-')
  let isOpen = false
  const open = async (music: Music): Promise<void> => {
    if (isOpen) return
    isOpen = true
    clearTimeout(looking)
    const kept = keepTracks(music.music_id, allBut(leftOut.value, music))
    openSound().output.catch(() => undefined) // what is wrong with it shows when the song is to play
    await kept
    playNext(music.music_id)
  }
  const stopWatching = whenComing(arrival, (music) => act(open(music)))
  try {
    const music = await inTurn(() => {
      stop.signal.throwIfAborted()
      const beganAt = performance.now()
      return uploadSong({
        file,
        model: model.value,
        arrival,
        signal: stop.signal,
        onProgress: (share) =>
          update(id, { share, bytesPerSecond: (1000 * share * file.size) / (performance.now() - beganAt) }),
      })
    })
    update(id, null)
    await open(music)
  } catch (error) {
    update(id, stop.signal.aborted ? null : { error: error instanceof Error ? error.message : String(error) })
  } finally {
    clearTimeout(looking)
    stopWatching()
  }
}

/** Tells of the song that an upload becomes before its end; until what is returned is called. */
function whenComing(arrival: string, onSong: (music: Music) => void): () => void {
  return effect(() => {
    const song = [...songs.value.values()].find(({ music }) => music.arrival === arrival)
    if (song) onSong(song.music)
  })
}

/** Shows title, artist, length and cover while the file is still on its way, or waits for its turn. */
async function look(id: number, file: File): Promise<void> {
  const peek = await peekInto(file)
  update(id, { peek })
}

/** The song minus one part; they choose otherwise on the song. */
function allBut(part: string, { tracks }: Music): number[] {
  const others = tracks.filter(({ name }) => name !== part)
  return (others.length > 0 ? others : tracks).map(({ track_id }) => track_id)
}

function sendAll(files: FileList | null | undefined): void {
  for (const file of files ?? []) void send(file)
}

/** Files that are pasted anywhere on the page are taken as if they were dropped. */
export function listenToPaste(): void {
  document.addEventListener('paste', ({ clipboardData }) => sendAll(clipboardData?.files))
}

export function DropZone() {
  return (
    <section class="upload" aria-label="Add songs">
      <label
        class={isOver.value ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault()
          isOver.value = true
        }}
        onDragLeave={() => {
          isOver.value = false
        }}
        onDrop={(event) => {
          event.preventDefault()
          isOver.value = false
          sendAll(event.dataTransfer?.files)
        }}
      >
        <input
          type="file"
          accept="audio/*,video/*,.mp3,.flac,.wav,.m4a,.ogg,.opus,.aiff,.wma"
          multiple
          onChange={(event) => {
            sendAll(event.currentTarget.files)
            event.currentTarget.value = ''
          }}
        />
        <strong>Drop a song here</strong>
        <span>or paste it, or press to choose one: mp3, m4a, flac, wav, ogg, opus …</span>
      </label>
      <UploadOptions />
      <ul class="uploads" aria-live="polite">
        {uploads.value.map((upload) => (
          <UploadRow
            key={upload.id}
            upload={upload}
            onRetry={() => void send(upload.file, upload.id)}
            onClose={() => {
              upload.stop.abort()
              update(upload.id, null)
            }}
          />
        ))}
      </ul>
    </section>
  )
}
