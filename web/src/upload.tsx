import { signal } from '@preact/signals'
import { keepTracks, type Music, uploadSong } from './api.ts'
import { playNext } from './player/player.ts'
import { leftOut, model, UploadOptions } from './upload-options.tsx'

type Upload = { id: number; name: string; share: number; error: string; stop: AbortController }

const uploads = signal<readonly Upload[]>([])
const isOver = signal(false)
let lastId = 0

function update(id: number, changes: Partial<Upload> | null): void {
  uploads.value = uploads.value.flatMap((upload) => {
    if (upload.id !== id) return [upload]
    return changes ? [{ ...upload, ...changes }] : []
  })
}

async function send(file: File): Promise<void> {
  const id = ++lastId
  const stop = new AbortController()
  uploads.value = [...uploads.value, { id, name: file.name, share: 0, error: '', stop }]
  try {
    const music = await uploadSong({
      file,
      model: model.value,
      signal: stop.signal,
      onProgress: (share) => update(id, { share }),
    })
    update(id, null)
    await keepTracks(music.music_id, allBut(leftOut.value, music))
    playNext(music.music_id)
  } catch (error) {
    update(id, stop.signal.aborted ? null : { error: error instanceof Error ? error.message : String(error) })
  }
}

/** The song minus one part; they choose otherwise on the song. */
function allBut(part: string, { tracks }: Music): number[] {
  const others = tracks.filter(({ name }) => name !== part)
  return (others.length > 0 ? others : tracks).map(({ track_id }) => track_id)
}

function sendAll(files: FileList | null | undefined): void {
  for (const file of files ?? []) void send(file)
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
        <span>or press to choose one: mp3, m4a, flac, wav, ogg, opus …</span>
      </label>
      <UploadOptions />
      <ul class="uploads" aria-live="polite">
        {uploads.value.map(({ id, name, share, error, stop }) => (
          <li key={id} class={error ? 'refused' : ''}>
            <span class="name">{name}</span>
            {error ? (
              <span role="alert">{error}</span>
            ) : (
              <progress value={share} max={1} aria-label={`Upload of ${name}`} />
            )}
            <button type="button" onClick={() => (error ? update(id, null) : stop.abort())}>
              {error ? 'Dismiss' : 'Cancel'}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
