import { signal } from '@preact/signals'
import { act } from './act.ts'
import { droppedFiles, SONG_ENDINGS } from './dropped-files.ts'
import { notice } from './state.ts'
import { isInTextField } from './text-field.ts'
import { UploadList } from './upload-list.tsx'
import { UploadOptions } from './upload-options.tsx'
import { sendAll } from './uploads.ts'

const isOver = signal(false)

async function take(transfer: DataTransfer): Promise<void> {
  const { files, faults } = await droppedFiles(transfer)
  sendAll(files)
  if (faults.length > 0) notice.value = faults.join(' ')
}

function holdsFiles(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes('Files') ?? false
}

/** Files may be dropped and pasted anywhere: a browser would leave the page for one that is dropped beside its place. */
export function listenToFiles(): void {
  document.addEventListener('dragover', (event) => {
    if (!holdsFiles(event.dataTransfer)) return
    event.preventDefault()
    isOver.value = true
  })
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) isOver.value = false
  })
  document.addEventListener('drop', (event) => {
    isOver.value = false
    if (!holdsFiles(event.dataTransfer)) return
    event.preventDefault()
    act(take(event.dataTransfer))
  })
  document.addEventListener('paste', ({ clipboardData, target }) => {
    if (holdsFiles(clipboardData) && !isInTextField(target)) act(take(clipboardData))
  })
}

export function DropZone() {
  return (
    <section class="upload" aria-label="Add songs">
      <label
        class={isOver.value ? 'drop over' : 'drop'}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          if (!holdsFiles(event.dataTransfer))
            notice.value = 'That is no file. Save the song first, then drop its file.'
        }}
      >
        <input
          type="file"
          accept={`audio/*,video/*,${SONG_ENDINGS.map((ending) => `.${ending}`).join()}`}
          multiple
          onChange={(event) => {
            sendAll(event.currentTarget.files ?? [])
            event.currentTarget.value = ''
          }}
        />
        <strong>Drop a song here</strong>
        <span>or a folder of them, or paste one, or press to choose: mp3, m4a, flac, wav, ogg, opus …</span>
      </label>
      <UploadOptions />
      <UploadList />
    </section>
  )
}
